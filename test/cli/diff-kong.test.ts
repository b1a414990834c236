import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { row } from "../row.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { runCli } from "./run-cli.ts";
import { createFolders } from "./write-files.ts";

const directory = temporaryFolder();

const SHOP = `jwt_policy: 1
name: shop
issuers: { acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] } }
routes:
  read: { required_scopes: [read] }
  write: { required_scopes: [write] }
  report: { mode: report, required_scopes: [report] }
  open: { access: public }
  orders:
    operations:
      - { methods: [GET], path: "/orders/{id}", required_scopes: [orders] }
`;
const OTHER = SHOP.replace("name: shop", "name: other").replace("required_scopes: [read]", "required_scopes: [other]");
const KONG = `_format_version: "3.0"
services:
  - name: shop
    url: http://shop.internal/v1
    routes:
      - name: read
        paths: [/items]
        methods: [GET]
        strip_path: false
        plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml, rule: read } }]
      - name: write
        paths: [/items]
        methods: [POST]
        hosts: [api.example]
        protocols: [https]
        plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml, rule: write } }]
      - name: orders
        paths: [/orders]
        strip_path: false
      - name: health
        paths: [/health]
        tags: [jwt-policy-public]
    plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml } }]
`;

const createFolder = createFolders(directory);
function folderOf(files: Readonly<Record<string, string>>): string {
  return createFolder({ "policies/shop.yaml": SHOP, "policies/other.yaml": OTHER, ...files });
}

function edit(...edits: readonly (readonly [from: string, to: string])[]): string {
  let text = KONG;
  for (const [from, to] of edits) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  return text;
}

interface JsonChange {
  readonly class: string;
  readonly direction: string;
  readonly subject: string;
  readonly summary: string;
  readonly request?: string;
  readonly before?: string;
  readonly after?: string;
  readonly test?: string;
  readonly fingerprint: string;
}

function compare(before: string, after: string): { status: number | null; changes: readonly JsonChange[] } {
  const [old, current] = [folderOf({ "kong.yml": before }), folderOf({ "kong.yml": after })];
  const approvals = join(current, "approvals.yaml");
  const { status, stdout } = runCli(["diff", current, "--against", old, "--format", "json", "--approvals", approvals]);
  const { changes } = JSON.parse(stdout);
  return { status, changes };
}

const READ = "plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml, rule: read } }]";
const OF_SERVICE = "    plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml } }]\n";
const ITEMS = "        paths: [/items]\n        methods: [GET]\n";

type Expected = readonly [direction: string, subject: string, text: RegExp];

it.each<[what: string, before: string, after: string, expected: readonly Expected[]]>([
  row("a removed plugin, so that the Service's plugin decides", KONG, edit([READ, "tags: [a]"]), []),
  row("a removed plugin, with no other", edit([OF_SERVICE, ""]), edit([OF_SERVICE, ""], [READ, ""]), [
    [
      "looser",
      "read",
      /Requests without a token now pass.*Now: Route read without jwt-policy\..*GET https:\/\/[^/]+\/items, without a token.*token_missing.*passes to Service "shop" at \/v1\/items/,
    ],
  ]),
  row(
    "a disabled plugin",
    edit([OF_SERVICE, ""]),
    edit([OF_SERVICE, ""], ["name: jwt-policy, config", "name: jwt-policy, enabled: false, config"]),
    [["looser", "read", /without jwt-policy/]],
  ),
  row(
    "a plugin that does not run for https",
    edit([OF_SERVICE, ""]),
    edit([OF_SERVICE, ""], ["name: jwt-policy, config", "name: jwt-policy, protocols: [http], config"]),
    [["looser", "read", /without jwt-policy/]],
  ),
  row(
    "a removed plugin that the guard replaces",
    edit([OF_SERVICE, `    plugins: [{ name: jwt-policy-guard }]\n`]),
    edit([OF_SERVICE, `    plugins: [{ name: jwt-policy-guard }]\n`], [READ, ""]),
    [["stricter", "read", /refused because the guard finds no verdict/]],
  ),
  row("another rule", KONG, edit(["rule: read", "rule: write"]), [
    [
      "looser",
      "read",
      /do not meet "scope read in claim scope" now pass.*rule read of shop\.yaml\. Now: Route read, rule write/,
    ],
    ["stricter", "read", /do not meet "scope write in claim scope" are now refused/],
  ]),
  row(
    "another policy file",
    KONG,
    edit(["policy_file: shop.yaml, rule: read", "policy_file: other.yaml, rule: read"]),
    [
      ["looser", "read", /scope read.*rule read of other\.yaml/],
      ["stricter", "read", /scope other/],
    ],
  ),
  row(
    "a policy file that is not there",
    KONG,
    edit(["policy_file: shop.yaml, rule: read", "policy_file: gone.yaml, rule: read"]),
    [["stricter", "read", /the policy file gone\.yaml does not exist/]],
  ),
  row("a public rule", KONG, edit(["rule: read", "rule: open"]), [
    ["looser", "read", /Requests without a token now pass/],
  ]),
  row("a rule in report mode", KONG, edit(["rule: read", "rule: report"]), [
    ["looser", "read", /scope read/],
    ["stricter", "read", /scope report/],
    ["looser", "read", /Denied requests now pass, and the plugin only logs them/],
  ]),
  row("a new method", KONG, edit([ITEMS, ITEMS.replace("[GET]", "[GET, PUT]")]), [
    ["looser", "read", /Tokens of issuer acme now pass.*no Route, Kong answers 404.*PUT https/],
  ]),
  row("all methods", KONG, edit([ITEMS, ITEMS.replace("        methods: [GET]\n", "")]), [
    ["looser", "read", /Tokens of issuer acme now pass/],
  ]),
  row("a new path", KONG, edit([ITEMS, ITEMS.replace("[/items]", "[/items, /more]")]), [
    ["looser", "read", /GET https:\/\/[^/]+\/more/],
  ]),
  row("a path that is gone", KONG, edit([ITEMS, ITEMS.replace("[/items]", "[/items/sub]")]), [
    ["stricter", "read", /Now: no Route.*GET https:\/\/[^/]+\/items/],
  ]),
  row("a regular expression", KONG, edit([ITEMS, ITEMS.replace("[/items]", '["~/items/[0-9]+$"]')]), [
    ["stricter", "read", /Now: no Route/],
  ]),
  row("another host", KONG, edit(["[api.example]", "[api.example, web.example]"]), [
    ["looser", "write", /POST https:\/\/web\.example\/items/],
  ]),
  row("a required header", KONG, edit([ITEMS, `${ITEMS}        headers: { x-a: [one] }\n`]), [
    ["stricter", "read", /Now: no Route/],
  ]),
  row("a header that is no longer required", edit([ITEMS, `${ITEMS}        headers: { x-a: [one] }\n`]), KONG, [
    ["looser", "read", /Before: no Route/],
  ]),
  row("plain http, which the rule refuses", KONG, edit(["protocols: [https]", "protocols: [http, https]"]), []),
  row(
    "plain http of a public rule",
    edit(["rule: write", "rule: open"]),
    edit(["rule: write", "rule: open"], ["protocols: [https]", "protocols: [http, https]"]),
    [["looser", "write", /http:\/\/api\.example/]],
  ),
  row("strip_path", KONG, edit(["strip_path: false", "strip_path: true"]), [
    ["unknown", "read", /reach Service "shop" at \/v1\/\. Before, they reached Service "shop" at \/v1\/items/],
  ]),
  row(
    "a new Route without a plugin, which takes requests of another Route",
    edit([OF_SERVICE, ""]),
    edit([OF_SERVICE, "      - { name: bypass, paths: [/items/internal], methods: [GET], strip_path: false }\n"]),
    [
      [
        "looser",
        "bypass",
        /Before: Route read, rule read of shop\.yaml\. Now: Route bypass without jwt-policy\..*GET https:\/\/[^/]+\/items\/internal/,
      ],
    ],
  ),
  row(
    "a new Route without a plugin at a new path",
    edit([OF_SERVICE, ""]),
    edit([OF_SERVICE, "      - { name: new, paths: [/new] }\n"]),
    [["looser", "new", /no Route, Kong answers 404\. Now: Route new without jwt-policy/]],
  ),
  row(
    "a second plugin, on the Route",
    KONG,
    edit([
      "      - name: orders\n",
      `      - name: orders\n        plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml, rule: open } }]\n`,
    ]),
    [["looser", "orders", /Requests without a token now pass/]],
  ),
  row(
    "a Route of another name, which the plugin of the Service uses to find the rule",
    KONG,
    edit(["- name: orders", "- name: read2"]),
    [["stricter", "read2", /orders.*GET https:\/\/[^/]+\/orders\/x1/]],
  ),
  row("a Route with snis", KONG, edit([ITEMS, `${ITEMS}        snis: [a.example]\n`]), [
    ["unknown", "read", /snis, which is not evaluated offline/],
    ["stricter", "read", /Now: no Route/],
  ]),
  row("nothing but comments and order", KONG, edit([ITEMS, `        # a comment\n${ITEMS}`]), []),
])("diff of kong.yml finds %s", (_what, before, after, expected) => {
  const { status, changes } = compare(before, after);
  const found = changes.map(({ class: kind, direction, subject, summary, request, before: was, after: is }) => [
    kind,
    direction,
    subject,
    [summary, request, was, is].join(" "),
  ]);
  expect(found).toEqual(
    expected.map(([direction, subject, text]) => ["routing", direction, subject, expect.stringMatching(text)]),
  );
  expect(status).toBe(expected.some(([direction]) => ["looser", "unknown"].includes(direction)) ? 1 : 0);
});

it("a change of kong.yml is approved by its fingerprint, until the Route changes in another way", () => {
  const [old, opened, wider] = [
    folderOf({ "kong.yml": KONG }),
    folderOf({ "kong.yml": edit(["rule: read", "rule: open"], ["- name: orders", "- name: orders2"]) }),
    folderOf({ "kong.yml": edit(["rule: read", "rule: open"], [ITEMS, ITEMS.replace("[GET]", "[GET, PUT]")]) }),
  ];
  const approvals = join(directory, "approvals.yaml");
  const diff = (folder: string, ...args: string[]) =>
    runCli(["diff", folder, "--against", old, "--approvals", approvals, ...args]);
  expect(diff(opened).status).toBe(1);
  expect(diff(opened, "--approve", "The catalogue is public")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/warning policy_looser routing, read[\s\S]*approved: The catalogue is public/),
  });
  expect(diff(wider).status).toBe(1);
});

it("the example of a change is a test that passes with the old kong.yml only", () => {
  const { changes } = compare(KONG, edit(["rule: read", "rule: write"]));
  const test = changes[0]?.test ?? "";
  for (const [kong, status] of [
    [KONG, 0],
    [edit(["rule: read", "rule: write"]), 1],
  ] as const) {
    const folder = folderOf({
      "kong.yml": kong,
      "policies/shop.test.yaml": `jwt_policy_test: 1\nkong: ../kong.yml\ntests:\n${test}`,
    });
    expect(runCli(["test", join(folder, "policies")])).toMatchObject({ status });
  }
});

it("diff takes two kong.yml files, a Git reference, and Kong's files that decK reads together", () => {
  const opened = edit([OF_SERVICE, ""], [READ, ""]);
  const [old, current] = [folderOf({ "kong.yml": edit([OF_SERVICE, ""]) }), folderOf({ "kong.yml": opened })];
  const files = runCli([
    "diff",
    join(current, "kong.yml"),
    "--against",
    join(old, "kong.yml"),
    "--approvals",
    join(directory, "none.yaml"),
  ]);
  expect(files).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/routing, read[\s\S]*1 Kong file compared: 1 looser/),
  });
  const plugins = (rule: string) =>
    `_format_version: "3.0"\nplugins: [{ name: jwt-policy, route: read, config: { policy_file: shop.yaml, rule: ${rule} } }]\n`;
  const [split, changed] = [
    folderOf({ "deck/routes.yaml": opened, "deck/plugins.yaml": plugins("read") }),
    folderOf({ "deck/routes.yaml": opened, "deck/plugins.yaml": plugins("open") }),
  ];
  const together = runCli(["diff", changed, "--against", split, "--approvals", join(directory, "none.yaml")]);
  expect(together).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/deck\/plugins\.yaml policy_looser routing, read/),
  });
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", old, "-c", "user.name=a", "-c", "user.email=a@b", ...args]);
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "a");
  writeFileSync(join(old, "kong.yml"), opened);
  const byGit = runCli(["diff", old, "--against", "git:HEAD"]);
  expect(byGit.status).toBe(2); // The working directory of the test is another repository.
  writeFileSync(
    join(current, "kong.yml"),
    "_format_version: '3.0'\nservices: [{ name: a, plugins: [{ name: jwt-policy, config: { polcy: x } }] }]\n",
  );
  expect(runCli(["diff", current, "--against", split]).status).toBe(2);
});

const LARGE_COMMENT = `# ${"x".repeat(300_000)}\n`;
const asJson = (text: string): string => `${JSON.stringify(parse(text), null, 2)}${" ".repeat(300_000)}\n`;

it.each([
  ["of more than 256 kB", "kong.yml", (text: string) => LARGE_COMMENT + text],
  ["of more than 256 kB, in JSON", "kong.json", asJson],
])("a Route that loses its plugin is found in a folder, also in a file of Kong %s", (_, name, enlarge) => {
  const lost = edit(
    ["        plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml, rule: read } }]\n", ""],
    ["    plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml } }]\n", ""],
  );
  const [before, after] = [folderOf({ [name]: enlarge(KONG) }), folderOf({ [name]: enlarge(lost) })];
  const { status, stdout } = runCli(["diff", after, "--against", before, "--format", "json"]);
  expect([status, stdout]).toEqual([1, expect.stringContaining('"class": "routing"')]);
});

it("diff reports a YAML mistake in kong.yml, even if both folders have the same mistake", () => {
  const broken = `${KONG}  - {\n`;
  const after = folderOf({ "kong.yml": `${broken}# new\n` });
  const { status, stdout } = runCli(["diff", after, "--against", folderOf({ "kong.yml": broken })]);
  expect([status, stdout]).toEqual([2, expect.stringContaining("kong.yml:")]);
});
