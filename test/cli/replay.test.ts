import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { renderFacts } from "../../plugin/kong/facts/facts-variable.ts";
import { hashText } from "../../plugin/runtime/load/read-lineage.ts";
import { row } from "../row.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { MAIN, runCli } from "./run-cli.ts";
import { createFolders } from "./write-files.ts";

const directory = temporaryFolder();

const POLICY = `jwt_policy: 1
name: shop
issuers: { acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] } }
routes:
  pay: { required_scopes: [pay] }
  open: { access: public }
  tier: { required_claims: { tier: { min: 2 } } }
  orders:
    operations:
      - { methods: [GET], path: "/orders/{id}", required_scopes: [orders] }
`;
const NOW = 1_800_000_000;

const folderOf = createFolders(directory);

interface JsonReport {
  readonly changes: readonly {
    kind: string;
    rule: string;
    before: string;
    after: string;
    requests: number;
    isEstimate: boolean;
    example: { line: number };
  }[];
  readonly unchanged: number;
  readonly unknown: readonly { why: string; requests: number }[];
  readonly broken: readonly { why: string; requests: number; example: { line: number } }[];
  readonly assumed: number;
}

function replay(before: string, after: string, lines: readonly string[], files: Readonly<Record<string, string>> = {}) {
  const old = folderOf({ "shop.yaml": before, ...files });
  const current = folderOf({ "shop.yaml": after, ...files, "log.jsonl": `${lines.join("\n")}\n` });
  const args = ["replay", join(current, "log.jsonl"), "--against", old, "--policies", current];
  const { status, stdout, stderr } = runCli([...args, "--format", "json"]);
  return { status, report: JSON.parse(stdout) as JsonReport, text: runCli(args).stdout, stderr };
}

function edited(from: string, to: string): string {
  expect(POLICY).toContain(from);
  return POLICY.replace(from, to);
}

function decision(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    decision_log: 1,
    event: "decision",
    time: "2027-01-15T08:00:00.000Z",
    outcome: members.reason === undefined ? "allow" : "deny",
    policy: "shop",
    policy_file: "shop.yaml",
    policy_version: hashText(POLICY),
    rule: "pay",
    method: "GET",
    transport: "tls",
    mode: "enforce",
    issuer: "acme",
    ...members,
  });
}

const WIDER = edited("required_scopes: [pay]", "required_scopes: [pay, extra]");
const SEVERAL = "refused for one of several reasons";
const GONE = edited("  pay: { required_scopes: [pay] }\n", "");

it.each<[what: string, after: string, expected: readonly string[] | RegExp | "unchanged", members: object]>([
  row("a rule that did not change", WIDER, "unchanged", { rule: "open" }),
  row("a denial of a rule that did not change", WIDER, "unchanged", { reason: "scope_insufficient", rule: "tier" }),
  row("a missing token", WIDER, "unchanged", { reason: "token_missing" }),
  row("an expired token, whatever the rule requires", WIDER, "unchanged", { reason: "token_expired" }),
  row("a wrong signature", WIDER, "unchanged", { reason: "signature_invalid" }),
  row("one scope missing, and one additional scope", WIDER, ["other_reason", "scope_insufficient", SEVERAL], {
    reason: "scope_insufficient",
  }),
  row("a new scope that the line does not have", WIDER, /claims whose values the line does not have/, {}),
  row("a new scope that the claims lack", WIDER, ["newly_refused", "allow", "scope_insufficient"], {
    claims: { scope: "pay" },
  }),
  row("a new scope that the claims have", WIDER, "unchanged", { claims: { scope: "pay extra" } }),
  row("a new scope behind a pseudonym", WIDER, /claims whose values the line does not have/, {
    claims: { scope: { hmac: "x", key: "y" } },
  }),
  row("a dropped scope", edited("required_scopes: [pay]", "required_scopes: []"), "unchanged", {}),
  row(
    "a rule that is public now",
    edited("{ required_scopes: [pay] }", "{ access: public }"),
    ["newly_allowed", "token_missing", "allow"],
    { reason: "token_missing" },
  ),
  row(
    "access that is optional now",
    edited("required_scopes: [pay] }", "required_scopes: [pay], access: optional }"),
    ["newly_allowed", "token_missing", "allow"],
    { reason: "token_missing" },
  ),
  row(
    "report mode",
    edited("required_scopes: [pay] }", "required_scopes: [pay], mode: report }"),
    ["newly_allowed", "scope_insufficient", "allow (reports scope_insufficient)"],
    { reason: "scope_insufficient" },
  ),
  row("a rule that is gone", GONE, ["newly_refused", "allow", SEVERAL], {}),
  row("a public rule that now needs a token", edited("{ access: public }", "{}"), /did not need a token/, {
    rule: "open",
    issuer: undefined,
  }),
  row("an operation without a path in the line", edited("[orders]", "[other]"), /by path, and the line has no path/, {
    rule: "orders",
  }),
  row("an operation with a hidden path", edited("[orders]", "[other]"), /only a part of the path/, {
    rule: "orders",
    path: "/orders/...",
  }),
  row(
    "an operation that is gone",
    edited("/orders/{id}", "/order/{id}"),
    ["newly_refused", "allow", "no_matching_rule"],
    { rule: "orders", path: "/orders/7" },
  ),
  row("a bound that the claim misses now", edited("min: 2", "min: 4"), ["newly_refused", "allow", "condition_unmet"], {
    rule: "tier",
    claims: { tier: 3 },
  }),
  row("another issuer's keys", edited("algorithms: [ES256]", "algorithms: [RS256]"), /other keys or algorithms/, {}),
  row("another version of the policy", WIDER, /a third version of the policy/, { policy_version: "0" }),
  row("another policy", WIDER, /a version lacks the policy/, { policy_file: "x.yaml", policy: "x" }),
  row("a preflight", WIDER, /preflight/, { method: "OPTIONS" }),
  row("a line without a transport, whose rule needs TLS", WIDER, "unchanged", {
    transport: undefined,
    claims: { scope: "pay extra" },
  }),
  row("reused verdicts", WIDER, /earlier verdict/, {
    ...{ event: "reused", requests: 7, outcome: undefined, policy_file: undefined, policy_version: undefined },
    ...{ method: undefined, transport: undefined, mode: undefined, issuer: undefined },
  }),
])("replay of a decision: %s", (_what, after, expected, members) => {
  const { status, report } = replay(POLICY, after, [decision({ ...members }), decision({ rule: "open" })]);
  if (expected === "unchanged") {
    expect(report).toMatchObject({ changes: [], unknown: [], broken: [], unchanged: 2 });
  } else if (expected instanceof RegExp) {
    expect(report).toMatchObject({ changes: [], unknown: [{ why: expect.stringMatching(expected) }] });
  } else {
    const [kind, before, is] = expected;
    expect(report).toMatchObject({
      changes: [{ kind, before, after: is, requests: 1, example: { line: 1 } }],
      unknown: [],
    });
  }
  expect(status).toBe(report.changes.length > 0 ? 1 : report.unchanged > 0 ? 0 : 2);
});

function tokenOf(claims: Readonly<Record<string, unknown>>): string {
  const all = { iss: "https://idp.example", aud: "api", sub: "SECRET", exp: NOW + 60, iat: NOW, ...claims };
  const parts = [{ alg: "ES256", typ: "at+jwt" }, all].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  return [...parts, Buffer.alloc(64, 1).toString("base64url")].join(".");
}

function factsOf(request: string, token: string | undefined, addresses = "https 10.0.0.1 10.0.0.1"): string {
  return renderFacts([])
    .replaceAll("\\n", "\n")
    .replace("$request\n", `${request} HTTP/1.1\n`)
    .replace("$scheme $realip_remote_addr $remote_addr", addresses)
    .replace("$http_authorization", token === undefined ? "" : `Bearer ${token}`)
    .replaceAll(/\$http_[a-z_]+/g, "")
    .replace("$kong_request_id", "0123456789abcdef0123456789abcdef");
}

const facts = (token: string | undefined, members: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    time: "2027-01-15T08:00:00Z",
    policy: "shop.yaml",
    rule: "pay",
    facts: factsOf("GET /pay", token),
    ...members,
  });

it("replay judges recorded facts by both versions at their time, and prints no part of a token", () => {
  const lines = [
    facts(tokenOf({ scope: "pay" })),
    facts(tokenOf({ scope: "pay extra" })),
    facts(tokenOf({ scope: "pay" }), { time: String(NOW + 900) }),
    facts(undefined),
    facts(tokenOf({ scope: "pay" }), { facts: factsOf("GET /pay", tokenOf({}), "http 10.0.0.1 10.0.0.1") }),
    facts(tokenOf({ scope: "pay" }), { rule: undefined }),
  ];
  const { status, report, text } = replay(POLICY, WIDER, lines);
  expect(report.changes).toEqual([
    expect.objectContaining({
      kind: "newly_refused",
      rule: "pay",
      before: "allow",
      after: "scope_insufficient",
      requests: 1,
    }),
  ]);
  expect(report).toMatchObject({
    unchanged: 4,
    assumed: 3,
    unknown: [{ why: expect.stringMatching(/neither rule nor Route/) }],
  });
  expect(status).toBe(1);
  expect(text).toMatch(/^CHANGE .*\nnewly refused +1 +shop +pay +allow +scope_insufficient +.*log\.jsonl:1\n/);
  expect(text).toMatch(
    /6 lines, 4 requests unchanged, 1 newly refused, 0 newly allowed, 0 with another reason, 1 unknown, 0 not read\n$/,
  );
  expect(text + JSON.stringify(report)).not.toMatch(/SECRET|eyJ/);
});

it("replay counts a sampled line for several requests, and says that the count is an estimate", () => {
  const sampled = (share: unknown, members: Readonly<Record<string, unknown>> = {}): string =>
    decision({ sampled: share, claims: { scope: "pay" }, ...members });
  const lines = [
    sampled(0.01),
    sampled(0.3),
    sampled(1),
    sampled(0.01, { rule: "open" }),
    sampled(0.01, { outcome: "answer" }),
    sampled(0.5, { policy: "other", policy_file: "other.yaml" }),
    decision({ reason: "token_missing" }),
    sampled(0),
    sampled("0.5"),
    sampled(1.5),
  ];
  const { report, text } = replay(POLICY, WIDER, lines);
  expect(report).toMatchObject({
    changes: [{ kind: "newly_refused", rule: "pay", requests: 104, isEstimate: true, example: { line: 1 } }],
    unchanged: 201,
    isUnchangedEstimate: true,
    sampled: 5,
    unknown: [{ requests: 2, isEstimate: true }],
    broken: [{ why: expect.stringContaining("sampled"), requests: 3, isEstimate: false }],
  });
  expect(text).toMatch(/^newly refused +about 104 +shop +pay /m);
  expect(text).toMatch(
    /^about: an estimate, because the log contains only a sample of the allowed requests \(5 lines\)$/m,
  );
  expect(text).toMatch(/about 201 requests unchanged, about 104 newly refused, 0 newly allowed/);
});

it("replay routes facts of nginx's own log format by kong.yml", () => {
  const kong = `_format_version: "3.0"
services: [{ name: a, url: http://a, routes: [{ name: pay, paths: [/pay], plugins: [{ name: jwt-policy, config: { policy_file: shop.yaml } }] }] }]
`;
  const raw = factsOf("GET /pay", tokenOf({ scope: "pay" })).replaceAll("\n", "\\x0A");
  const line = `10.0.0.1 - - [15/Jan/2027:08:00:00 +0000] "GET /pay HTTP/1.1" 200 "${raw}"`;
  const { report } = replay(POLICY, WIDER, [line, line.replace("/pay HTTP/1.1\\x0A", "/nowhere HTTP/1.1\\x0A")], {
    "kong.yml": kong,
  });
  expect(report).toMatchObject({
    changes: [{ kind: "newly_refused", policy: "shop", rule: "pay", after: "scope_insufficient" }],
    unchanged: 1,
    broken: [],
  });
});

it("replay counts and names unreadable lines, and continues", () => {
  const good = decision({ rule: "open" });
  const lines = [
    good.slice(0, 40),
    "",
    "\u0000\u0001binary",
    "[1]",
    "{}",
    JSON.stringify({ decision_log: 2 }),
    decision({ reason: "toString" }),
    `{"x":"${"a".repeat(1_100_000)}"}`,
    facts(undefined, { facts: "3 cut" }),
    facts(undefined, { time: undefined }),
    good,
  ];
  const { status, report } = replay(POLICY, WIDER, lines);
  expect(report).toMatchObject({ changes: [], unchanged: 1, unknown: [] });
  expect(report.broken.reduce((sum, { requests }) => sum + requests, 0)).toBe(9);
  expect(report.broken.map(({ why }) => why)).toEqual(
    expect.arrayContaining([
      "not JSON, or cut",
      "longer than any line of a log",
      "a decision log of another version",
      "recorded facts without a time",
    ]),
  );
  expect(status).toBe(0);
});

it("replay takes standard input, two policy files and Git; it ends with exit code 2 if it cannot run", () => {
  const folder = folderOf({
    "a.yaml": POLICY,
    "b.yaml": WIDER,
    "log.jsonl": `${decision({ rule: "open", policy_file: undefined })}\n`,
    "empty.jsonl": "",
  });
  const at = (name: string): string => join(folder, name);
  const files = ["--against", at("a.yaml"), "--policies", at("b.yaml")];
  expect(runCli(["replay", "-", ...files], {}, decision({ rule: "open" })).status).toBe(0);
  expect(runCli(["replay", at("log.jsonl"), ...files]).status).toBe(0);
  for (const [args, message] of [
    [["replay", at("empty.jsonl"), ...files], /no line could be decided/],
    [["replay", at("nowhere"), ...files], /ENOENT/],
    [["replay", folder, ...files], /is a directory/],
    [["replay", at("log.jsonl"), "--against", at("nowhere")], /no such file/],
    [["replay", at("log.jsonl"), "--against", at("log.jsonl"), "--policies", at("a.yaml")], /is not a policy/],
    [["replay", at("log.jsonl"), "--against", folder, "--policies", at("a.yaml")], /is a directory/],
    [["replay", at("log.jsonl")], /--against/],
  ] as const) {
    expect(runCli(args)).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  }
});

it("replay reads a log piece by piece: 60 MB need less memory than the log", () => {
  const folder = folderOf({ "a.yaml": POLICY, "b.yaml": WIDER });
  const line = `${decision({ rule: "open", path: `/${"a".repeat(9_000)}` })}\n`;
  writeFileSync(join(folder, "log.jsonl"), line.repeat(6_500));
  const args = [
    MAIN,
    "replay",
    join(folder, "log.jsonl"),
    "--against",
    join(folder, "a.yaml"),
    "--policies",
    join(folder, "b.yaml"),
  ];
  const output = execFileSync(process.execPath, ["--max-old-space-size=48", ...args], { encoding: "utf8" });
  expect(output).toMatch(/6500 lines, 6500 requests unchanged/);
});
