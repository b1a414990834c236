import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../temporary-folder.ts";
import { MAIN, runCli } from "./run-cli.ts";
import { createFolders } from "./write-files.ts";

const directory = temporaryFolder();

const POLICY = `jwt_policy: 1
name: payments
issuers:
  acme:
    issuer: https://idp.example.com
    audiences: [https://api.example.com]
    algorithms: [ES256]
routes:
  read: { required_scopes: [payments:read] }
  orders:
    operations:
      - { methods: [GET], path: "/orders/{id}", required_scopes: [orders:read] }
      - { methods: [POST], path: /orders, required_scopes: [orders:write], required_claims: { tier: { min: 3 } } }
header_mappings: { x-user-id: sub }
`;

const BASE = `jwt_policy: 1
name: base
issuers: { acme: { issuer: https://idp.example.com, audiences: [https://api.example.com] } }
routes: {}
`;

const folderOf = createFolders(directory);

function edited(from: string, to: string): string {
  expect(POLICY).toContain(from);
  return POLICY.replace(from, to);
}

interface JsonChange {
  readonly class: string;
  readonly direction: string;
  readonly subject: string;
  readonly summary: string;
  readonly before?: string;
  readonly after?: string;
  readonly fingerprint: string;
  readonly test?: string;
}

function compare(before: string, after: string, ...args: string[]): { status: number | null; changes: JsonChange[] } {
  const [old, current] = [folderOf({ "payments.yaml": before }), folderOf({ "payments.yaml": after })];
  const approvals = args.includes("--approvals") ? [] : ["--approvals", join(current, "approvals.yaml")];
  const { status, stdout } = runCli(["diff", current, "--against", old, "--format", "json", ...approvals, ...args]);
  return { status, changes: JSON.parse(stdout).changes };
}

test.each(["contains_any: [free, trial]", "contains_all: [free, gold]"])(
  "diff finds a token with a name that a rule requires and a name that the issuer refused: %s",
  (refused) => {
    const read = "read: { required_scopes: [payments:read] }";
    const after = edited(read, "read: { required_claims: { plan: { contains_any: [gold] } } }");
    const condition = `algorithms: [ES256]\n    required_claims: { plan: { not: { ${refused} } } }`;
    const before = after.replace("algorithms: [ES256]", condition);
    const [looser, stricter] = [compare(before, after), compare(after, before)];
    const ofRead = ({ changes }: typeof looser) => changes.find(({ subject }) => subject.includes("read"));
    expect(ofRead(looser)).toMatchObject({ class: "trust", direction: "looser" });
    expect(ofRead(stricter)).toMatchObject({ class: "trust", direction: "stricter" });
  },
);

test("diff and check compare several paths with a directory that has each path at the same place", () => {
  const looser = edited("{ required_scopes: [payments:read] }", "{ access: public }");
  const folder = folderOf({
    ...{ "old/a/p.yaml": POLICY, "old/b/q.yaml": POLICY, "a/p.yaml": POLICY, "b/q.yaml": looser, "c/new.yaml": POLICY },
    "single.yaml": POLICY,
  });
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [MAIN, ...args], { cwd: folder, encoding: "utf8", env: { NO_COLOR: "1" } });
  for (const command of ["diff", "check"]) {
    const { status, stdout } = run(command, "a", "b/q.yaml", "--against", "old");
    expect([status, stdout]).toEqual([1, expect.stringMatching(/q\.yaml.* policy_looser access, read:/)]);
    expect(stdout).not.toMatch(/p\.yaml.* policy_looser/);
  }
  expect(run("diff", "a", "c", "--against", "old").stdout).toMatch(/c\/new\.yaml policy_looser/);
  for (const [args, message] of [
    [["a", "b", "--against", "single.yaml"], /single\.yaml is not a directory/],
    [["a", "b", "--against", "gone"], /gone is not a directory/],
    [["a", "../b", "--against", "old"], /\.\.\/b is outside the working directory/],
    [["a", "none", "--against", "old"], /none: no such file or directory, and none in old/],
    [["b", "c", "--against", "a"], /a has no old version of these paths: the old version must be in a\/b or a\/c/],
    [["a", "--against", "single.yaml"], /single\.yaml is a file, and a is a directory/],
  ] as const) {
    expect(run("diff", ...args)).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  }
});

describe("diff finds", () => {
  const read = "{ required_scopes: [payments:read] }";
  const algorithms = "algorithms: [ES256]";
  const reading = (more: string): string => `{ required_scopes: [payments:read], ${more} }`;
  const rows: readonly [what: string, from: string, to: string, change: string][] = [
    ["a dropped scope", read, "{ access: required }", "access looser: read"],
    ["a public rule", read, "{ access: public }", "access looser: read"],
    ["another method", "[POST]", "[POST, PUT]", "access looser: orders"],
    ["a path that matches more", "/orders/{id}", "/orders/{id...}", "access looser: orders"],
    ["a lower bound", "min: 3", "min: 2.5", "access looser: orders"],
    ["a new condition", "[orders:read]", "[orders:read, x]", "access stricter: orders"],
    ["another audience", "[https://api.example.com]", "[https://api.example.com, b]", "trust looser: read, orders"],
    ["another algorithm", "[ES256]", "[ES256, EdDSA]", "trust looser: read, orders"],
    ["a longer skew", algorithms, `${algorithms}\n    clock_skew: 4m`, "trust looser: read, orders"],
    ["other keys", algorithms, `${algorithms}\n    keys: { jwks_uri: https://a.example.com }`, "trust looser: acme"],
    ["report mode", read, reading("mode: report"), "mode looser: read"],
    ["plain http", read, reading("allow_http: true"), "transport looser: read"],
    [
      "another source of tokens",
      "header_mappings:",
      "token: { sources: [authorization, {query: t}] }\nheader_mappings:",
      "transport looser: token sources",
    ],
    [
      "a header that clients can write now",
      "header_mappings: { x-user-id: sub }",
      "",
      "effect looser: header x-user-id",
    ],
  ];
  test.each(rows)("%s", (_what, from, to, change) => {
    const { status, changes } = compare(POLICY, edited(from, to));
    expect(changes.map((one) => `${one.class} ${one.direction}: ${one.subject}`)).toContain(change);
    expect(status).toBe(change.includes("looser") ? 1 : 0);
  });

  test("no change if only comments, order and notation change", () => {
    const same = POLICY.replace(
      "{ required_scopes: [payments:read] }",
      "\n    required_scopes: { all_of: [payments:read] } # as before",
    );
    expect(compare(POLICY, same)).toEqual({ status: 0, changes: [] });
  });

  test("two causes in one edit, each with its own example", () => {
    const both = POLICY.replace("[payments:read]", "{ any_of: [payments:read, x] }").replace(
      "[ES256]",
      "[ES256]\n    clock_skew: 4m",
    );
    const { changes } = compare(POLICY, both);
    expect(changes.map(({ class: kind, before }) => [kind, before?.split(":")[0]])).toEqual([
      ["access", "refused, scope_insufficient"],
      ["trust", "refused, token_expired"],
    ]);
  });
});

test("the example is a test that passes with the old policy and fails with the new one", () => {
  const after = edited("min: 3", "min: 2");
  const [change] = compare(POLICY, after).changes;
  const suite = `jwt_policy_test: 1\ntests:\n${change?.test?.replaceAll(/^/gm, "  ") ?? ""}`;
  const run = (policy: string): number | null =>
    runCli(["test", folderOf({ "payments.yaml": policy, "payments.test.yaml": suite })]).status;
  expect([run(POLICY), run(after)]).toEqual([0, 1]);
});

describe("approvals", () => {
  test("an approved change is not an error, but another edit of the same rule is", () => {
    const file = join(folderOf({ keep: "" }), "approvals.yaml");
    const after = edited("{ required_scopes: [payments:read] }", "{ access: required }");
    expect(compare(POLICY, after, "--approvals", file).status).toBe(1);
    expect(compare(POLICY, after, "--approvals", file, "--approve", "agreed in the review").status).toBe(0);
    expect(readFileSync(file, "utf8")).toMatch(/fingerprint: [0-9a-f]{16}\n {4}reason: agreed in the review/);
    expect(compare(POLICY, after, "--approvals", file).status).toBe(0);
    const other = edited("{ required_scopes: [payments:read] }", "{ access: public }");
    expect(compare(POLICY, other, "--approvals", file).status).toBe(1);
  });

  test("an approval without a reason is refused, with its place", () => {
    const file = join(
      folderOf({ "approvals.yaml": "approvals:\n  - fingerprint: 0123456789abcdef\n" }),
      "approvals.yaml",
    );
    const [old, current] = [folderOf({ "p.yaml": POLICY }), folderOf({ "p.yaml": POLICY })];
    const { status, stderr } = runCli(["diff", current, "--against", old, "--approvals", file]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('entry 1: an approval needs a "reason"')]);
  });
});

test("a new or deleted policy is compared with a policy without rules", () => {
  const [empty, full] = [folderOf({ "a.json": "{}" }), folderOf({ "payments.yaml": POLICY })];
  const run = (after: string, before: string): string => runCli(["diff", after, "--against", before]).stdout;
  expect(run(full, empty)).toContain("access, orders: Tokens of issuer acme now pass");
  expect(run(empty, full)).toContain("access, orders: Tokens of issuer acme are now refused");
});

test("a policy with a mistake cannot be compared: exit code 2, and the mistake's place", () => {
  const [old, current] = [folderOf({ "p.yaml": POLICY }), folderOf({ "p.yaml": POLICY.replace("read:", "read: [") })];
  const { status, stdout } = runCli(["diff", current, "--against", old]);
  expect([status, stdout]).toEqual([2, expect.stringMatching(/p\.yaml:\d+:\d+ /)]);
});

test("with Git, the working directory is compared with a commit, and nothing is left behind", () => {
  const folder = folderOf({
    "policies/payments.yaml": POLICY.replace("jwt_policy: 1", "jwt_policy: 1\nextends: base.yaml"),
    "policies/base.yaml": BASE,
  });
  const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  const git = (...args: string[]): string =>
    execFileSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-qm", "one");
  writeFileSync(join(folder, "policies/base.yaml"), `${BASE}defaults: { mode: report }\n`);
  const temporary = folderOf({ keep: "" });
  const run = (reference: string): readonly (string | number | null)[] => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "diff", "policies", "--against", reference], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", TMPDIR: temporary },
    });
    return [status, stdout + stderr];
  };
  expect(run("git:HEAD")).toEqual([1, expect.stringContaining("policies/payments.yaml policy_looser mode, orders")]);
  expect(run("git:nope")).toEqual([2, expect.stringContaining('this repository has no commit "nope": write the name')]);
  expect(run("git:--output=x")).toEqual([2, expect.stringContaining("is not a commit")]);
  expect([readdirSync(temporary), git("status", "--porcelain").trim()]).toEqual([["keep"], "M policies/base.yaml"]);
});

test("diff loads no file that is the same on both sides, and follows extends to changed files", () => {
  const child = "jwt_policy: 1\nname: child\nextends: ./base.yaml # the platform\nroutes: { a: {} }\n";
  const broken = "jwt_policy: 1\nname: broken\nissuers: 7\n";
  const opened = BASE.replace("audiences: [https://api.example.com]", "audiences: [https://api.example.com, other]");
  const before = folderOf({ "base.yaml": BASE, "child.yaml": child, "other.yaml": POLICY, "broken.yaml": broken });
  const after = folderOf({ "base.yaml": opened, "child.yaml": child, "other.yaml": POLICY, "broken.yaml": broken });
  const { status, stdout } = runCli(["diff", after, "--against", before]);
  expect(stdout).toMatch(/^child\.yaml policy_looser trust, a: Tokens of issuer acme that do not meet "audience /m);
  expect([status, stdout]).toEqual([1, expect.stringMatching(/4 policies compared/)]);
});
