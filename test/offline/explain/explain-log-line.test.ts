import { expect, it } from "vitest";
import { explainLogLine } from "../../../offline/explain/explain-log-line.ts";
import { explainToken } from "../../../offline/explain/explain-token.ts";
import { OwnKeys } from "../../../offline/explain/own-keys.ts";
import { readLogLine } from "../../../offline/logs/read-log-line.ts";
import { createDeny } from "../../../plugin/core/model/decision.ts";
import type { Denial } from "../../../plugin/core/model/denial.ts";
import { formatDenial } from "../../../plugin/observe/decision-log.ts";
import { compileDocument } from "../../core/fixtures.ts";
import { row } from "../../row.ts";

const NOW = 1_800_000_000;
const POLICY = compileDocument(`jwt_policy: 1
name: shop
issuers:
  acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] }
  other: { issuer: https://other.example, audiences: [api], algorithms: [RS256] }
defaults: { accept: [acme] }
routes:
  pay:
    required_scopes: [payments:read, payments:write]
    required_roles: { none_of: [guest] }
    required_claims: { amount_limit: { equals: 5 } }
  each: { accept: [acme, other] }
  parts:
    operations:
      - { methods: [GET], path: "/a/{id}", required_scopes: [a] }
      - { methods: [PUT], path: /b, required_scopes: [b] }
`);
const GOOD = {
  iss: "https://idp.example",
  aud: "api",
  sub: "alice",
  exp: NOW + 60,
  iat: NOW,
  scope: "payments:read payments:write",
  amount_limit: 5,
};

function tokenOf(claims: unknown, header: unknown): string {
  const parts = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
  return [...parts, Buffer.alloc(64).toString("base64url")].join(".");
}

/** The plugin's line about a request, with the request that nginx adds. */
function lineOf(denial: Denial, evidence: { rule?: string; issuer?: string }, request = "GET /o"): string {
  const line = formatDenial(createDeny(denial, { policy: "shop", ...evidence }));
  return `${line}, server: kong, request: "${request} HTTP/1.1", host: "a"`;
}

function explain(line: string) {
  const read = readLogLine(line);
  const explained = read.ok ? explainLogLine(read.value, POLICY) : read;
  if (!explained.ok) {
    throw new Error(explained.failure);
  }
  return explained.value;
}

it.each<[what: string, claims: Record<string, unknown>, header: Record<string, unknown>, changes: readonly string[]]>([
  ["a scope too few", { ...GOOD, scope: "payments:read" }, {}, ["add scope payments:write in claim scope"]],
  ["a role too many", { ...GOOD, roles: ["guest"] }, {}, ["remove role guest in claim roles"]],
  [
    "another value of a claim",
    { ...GOOD, amount_limit: 6 },
    {},
    ['needs claim amount_limit with {"is":"equals","value":5}'],
  ],
  ["another audience", { ...GOOD, aud: "web" }, {}, ["needs audience api in claim aud"]],
  ["an end in the past", { ...GOOD, exp: NOW - 90, iat: NOW - 99 }, {}, ["needs times within a skew of 30 s"]],
  ["no end", { ...GOOD, exp: undefined }, {}, ["needs times within a skew of 30 s"]],
  ["another type", GOOD, { typ: "JWT" }, ["needs typ at+jwt"]],
  ["another issuer", { ...GOOD, iss: "https://evil.example" }, {}, ["needs iss https://idp.example"]],
  ["another algorithm", GOOD, { alg: "RS256" }, ["needs alg ES256"]],
])(
  "a line about a token with %s has the same explanation as the token itself",
  async (_what, claims, header, changes) => {
    const token = tokenOf(claims, { alg: "ES256", typ: "at+jwt", ...header });
    const own = await explainToken({
      policy: POLICY,
      token,
      keys: new OwnKeys(undefined),
      consumers: [],
      nowSeconds: NOW,
      request: {
        binding: { by: "rule", rule: "pay" },
        method: "GET",
        target: "/o",
        headers: new Map(),
        transport: "tls",
        tokenIn: undefined,
        authenticated: undefined,
        route: undefined,
      },
    });
    const { rule, issuer, denial } = own;
    const line = lineOf({ ...denial, requiredScopes: [] } as unknown as Denial, {
      ...(rule !== undefined && { rule }),
      ...(issuer !== undefined && { issuer }),
    });
    const explained = explain(line);
    expect(explained.nearestAllow).toEqual(changes);
    expect({ ...explained.denial, status: 0 }).toEqual({ ...denial, status: 0 });
    expect(explained.stages.map(({ stage, result }) => [stage, result])).toEqual(
      own.stages.map(({ stage, result }) => [
        stage,
        stage === "verify" && result === "not checked" ? "passed" : result,
      ]),
    );
    expect(explained.expected).toContainEqual(expect.arrayContaining(["iss https://idp.example", "alg ES256"]));
  },
);

it.each<[what: string, denial: Denial, evidence: { rule?: string }, request: string, expected: RegExp]>([
  ["no rule", { reason: "no_matching_rule" }, {}, "GET /", /name, or a tag, of one of the rules: pay, each, parts/],
  [
    "no operation",
    { reason: "no_matching_rule" },
    { rule: "parts" },
    "GET /x",
    /operation of rule "parts": (?=.*GET \/a\/\{\})(?=.*PUT \/b)/,
  ],
  ["clear text", { reason: "insecure_transport" }, { rule: "pay" }, "GET /", /^\[\["TLS, /],
  [
    "the operation that fits",
    { reason: "token_missing" },
    { rule: "parts" },
    "PUT /b?t=SECRET",
    /scope b in claim scope/,
  ],
])("a line about %s says what was expected", (_what, denial, evidence, request, expected) => {
  const explained = explain(lineOf(denial, evidence, request));
  expect(JSON.stringify(explained.expected).replaceAll("\\", "")).toMatch(expected);
  expect(JSON.stringify(explained)).not.toContain("SECRET");
});

it("says that the operation is unknown, if the line has no request or the policy no longer has the operation", () => {
  const denial: Denial = { reason: "scope_insufficient", detail: "lacks scope a", requiredScopes: ["a"] };
  const [without, other] = [
    formatDenial(createDeny(denial, { policy: "shop", rule: "parts", issuer: "acme" })),
    lineOf(denial, { rule: "parts", issuer: "acme" }, "GET /gone"),
  ].map(explain);
  for (const explained of [without, other]) {
    expect(explained).toMatchObject({ expected: [], nearestAllow: undefined });
  }
  expect(without?.unknown).toContain("method and path");
  expect(without?.unknown.at(-1)).toMatch(/^the operation, because/);
  expect(other?.unknown.at(-1)).toMatch(/^the operation: no operation of this version/);
});

it("names no nearest allow if the rule has alternatives, because the line does not say which was nearest", () => {
  const explained = explain(lineOf({ reason: "claim_missing", detail: "claim sub is absent" }, { rule: "each" }));
  expect(explained.expected).toHaveLength(2);
  expect(explained.nearestAllow).toBeUndefined();
});

it("hides a token in the detail, and the name of another policy or rule is an error", () => {
  const secret = tokenOf({ sub: "alice" }, { alg: "none" });
  const explained = explain(lineOf({ reason: "claim_missing", detail: `claim sub (${secret})` }, { rule: "pay" }));
  expect(explained.denial.detail).toMatch(/^claim sub \(a string of \d+ characters that may be a credential\)$/);
  const line = lineOf({ reason: "token_missing" }, { rule: "gone" });
  expect(() => explain(line)).toThrow(/no rule "gone".*The rules of this file: pay, each, parts/);
  expect(() => explain(line.replace("policy=shop", "policy=web"))).toThrow(/the policy "web".*policy "shop"/);
});

function decisionOf(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    decision_log: 1,
    event: "decision",
    time: "2027-01-15T08:00:00.000Z",
    outcome: "deny",
    request_id: "f811920ab33f697a25ae5c736ec13e7e",
    policy: "shop",
    policy_version: POLICY.hash,
    rule: "pay",
    method: "GET",
    reason: "scope_insufficient",
    status: 403,
    issuer: "acme",
    ...members,
  });
}

it.each<[what: string, line: Record<string, unknown>, needed: readonly string[] | undefined, lacks: readonly RegExp[]]>(
  [
    row(
      "with a wrong claim names the requirement on this claim",
      { claims: { scope: "payments:read", sub: { hmac: "Zk0b7cP1xQe2Vt9L", key: "5e1f0a3c" } } },
      ["add scope payments:write in claim scope"],
      [/^the claims of the token, except "scope"; so other/, /request_id "f811920a/],
    ),
    row("without claims names none of several scopes", {}, undefined, [
      /under `claims` .*, name the claims that your rules read/,
    ]),
    row(
      "of an operation with one scope names this scope",
      { rule: "parts", path: "/a/7" },
      ["add scope a in claim scope"],
      [],
    ),
    row("with a part of its path has no operation", { rule: "parts", path: "/a/..." }, undefined, [
      /add `method` and `path` to `fields`/,
    ]),
    row("of another version says which", { policy_version: "9f2c" }, undefined, [
      /^this version .* "9f2c" made the decision/,
    ]),
    row(
      "with few fields takes the given file",
      { policy: undefined, policy_version: undefined, rule: undefined, request_id: undefined, status: undefined },
      undefined,
      [/^the name of the policy: /, /^the version of the policy: /, /^the rule$/, /line of the same time/],
    ),
  ],
)("a line of the decision log %s", (_what, line, needed, lacks) => {
  const explained = explain(decisionOf(line));
  expect(explained).toMatchObject({ verdict: "deny", denial: { reason: "scope_insufficient", status: 403 } });
  expect(explained.nearestAllow).toEqual(needed);
  for (const pattern of lacks) {
    expect(explained.unknown).toContainEqual(expect.stringMatching(pattern));
  }
});

it.each<[what: string, line: Record<string, unknown>, expected: RegExp]>([
  ["an allowed request", { outcome: "allow", reason: undefined }, /was allowed.*--effective/],
  ["an answer", { outcome: "answer", reason: undefined }, /answered this request itself/],
  ["reused verdicts", { event: "reused", requests: 7 }, /not about one refused request/],
  ["missing lines", { event: "dropped", lines: 7 }, /not about one refused request/],
  ["no reason", { reason: undefined }, /add "reason" to `fields`/],
  ["an unknown reason", { reason: "toString" }, /this version does not know/],
  ["recorded facts", { decision_log: undefined, facts: "x" }, /recorded facts/],
  ["another version", { decision_log: 2 }, /another version/],
])("a line of the decision log about %s is not explained, with the reason", (_what, line, expected) => {
  expect(() => explain(decisionOf(line))).toThrow(expected);
});
