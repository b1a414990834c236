import { describe, expect, it } from "vitest";
import { findMistakes, listFailures, POLICY, runDocument } from "./scene.ts";

const meaning = (word: string): RegExp => new RegExp(`^reason_unknown 2 .*Did you mean "${word}"`);
const ALICE = "tokens: { alice: { claims: { scope: read } } }\n";

describe("a mistake in a test document is a finding, never a silent pass", () => {
  /** A title, one test (or a whole document), and the finding. */
  const MISTAKES: readonly (readonly [what: string, tests: string, finding: RegExp])[] = [
    ...Object.entries({
      role_insufficient: "condition_unmet",
      method_not_allowed: "no_matching_rule",
      mfa_required: "authentication_insufficient",
      expired: "token_expired",
      forbidden: "deny",
      403: "deny",
      allowed: "allow",
    }).map(
      ([word, meant]) =>
        [`the word ${word}, which people try first`, `rule: read, expect: '${word}'`, meaning(meant)] as const,
    ),
    [
      "a reason that does not exist",
      "rule: read, expect: token_mising",
      /^reason_unknown 2 .*Did you mean "token_missing"/,
    ],
    [
      "a public reason for several reasons",
      "rule: read, expect: invalid_token",
      /^reason_unknown 2 .*Write one of these reasons: token_too_large/,
    ],
    [
      "a reason in a map",
      "rule: read, expect: { reason: token_mising }",
      /^invalid_value 2 .*Did you mean "token_missing"/,
    ],
    ["a rule", "rule: red, expect: deny", /^rule_unknown 2 .*Did you mean "read"/],
    ["an expected rule", "rule: read, expect: { decision: deny, rule: red }", /^rule_unknown 2 .*Did you mean "read"/],
    [
      "a token",
      `${ALICE}tests: [{ rule: read, token: [alice, alce], expect: allow }]`,
      /^token_unknown 3 .*Did you mean "alice"/,
    ],
    [
      "a token in a matrix",
      `${ALICE}requests: { r: { rule: read } }\ntests: [{ matrix: { alice: { r: allow }, bob: { r: deny } } }]`,
      /^token_unknown 4 .*"bob" is not known. Known: alice, none/,
    ],
    [
      "a request in a matrix",
      `${ALICE}requests: { r: { rule: read } }\ntests: [{ matrix: { alice: { r: allow, x: deny } } }]`,
      /^request_unknown 4 .*"x" is not known. Did you mean "r"/,
    ],
    ["an issuer", "rule: read, token: { issuer: acne }, expect: allow", /^issuer_unknown 2 .*Did you mean "acme"/],
    ["an extended token", "rule: read, token: { extends: alice }, expect: allow", /^token_unknown 2/],
    [
      "a way to tamper",
      "rule: read, token: { tamper: expierd }, expect: deny",
      /^invalid_value 2 .*Did you mean "expired"/,
    ],
    [
      "tampering that the issuer cannot have",
      "rule: read, token: { tamper: wrong_tenant }, expect: deny",
      /^invalid_value 2 The tampering wrong_tenant is not possible: issuer "acme" has no tenants/,
    ],
    ["an unused token", `${ALICE}tests: [{ rule: read, expect: deny }]`, /^unused 2 No test uses the token "alice"/],
    [
      "an unused request",
      "requests: { r: { rule: read } }\ntests: [{ rule: read, expect: deny }]",
      /^unused 2 No test uses the request "r"/,
    ],
    [
      "a circle of tokens",
      "tokens: { a: { extends: b }, b: { extends: a } }\ntests: [{ rule: read, token: [a, b], expect: deny }]",
      /^test_invalid 2 .*is a circle/,
    ],
    ["no expectation", "rule: read", /^missing_key 2 Say what is expected/],
    ["no rule, although there are several", "expect: deny", /^missing_key 2 The request does not name its rule/],
    [
      "a rule with operations without a path",
      "rule: things, expect: deny",
      /^missing_key 2 The rule "things" decides by method and path/,
    ],
    [
      "method and path that no rule has",
      "method: PUT, path: /things, expect: deny",
      /^rule_unknown 2 No rule has an operation for PUT \/things/,
    ],
    ["rule and route together", "rule: read, route: read, expect: deny", /^test_invalid 2 A request has either/],
    [
      "a time that cannot be read",
      "rule: read, token: { claims: { exp: +5 minutes } }, expect: deny",
      /^invalid_value 2 "\+5 minutes" is not a time/,
    ],
    [
      "a token source",
      "rule: read, token_in: cookie, expect: deny",
      /^invalid_value 2 The policy has no token source "cookie"/,
    ],
    [
      "headers of a refused request",
      "rule: read, expect: { reason: token_missing, headers: { a: b } }",
      /^test_invalid 2 Only a request that passes has "headers"/,
    ],
    [
      "a stage that does not have the reason",
      "rule: read, expect: { reason: token_missing, stage: key }",
      /^test_invalid 2 token_missing is a reason of the stage "extract"/,
    ],
    [
      "a string beside claims",
      "rule: read, token: { text: abc, claims: {} }, expect: deny",
      /^test_invalid 2 "text" is sent in place of a token/,
    ],
    [
      "a recipe called none",
      "tokens: { none: {} }\ntests: [{ rule: read, token: none, expect: deny }]",
      /^test_invalid 2 "none" means/,
    ],
    ["a misspelt key", "rule: read, expcet: deny", /^unknown_key 2 .*Did you mean "expect"/],
    [
      "an unknown Consumer",
      "rule: read, authenticated_as: { credential: x, consumer: bob }, expect: deny",
      /^consumer_unknown 2/,
    ],
    ["a name beside a group's tests", "name: a, tests: [{ rule: read, expect: deny }]", /^test_invalid 2 A group has/],
    [
      "an expectation beside a matrix",
      `${ALICE}requests: { r: { rule: read } }\ntests: [{ matrix: { alice: { r: allow } }, expect: deny }]`,
      /^test_invalid 4 A matrix already names/,
    ],
    ["another version", "tests: [{ rule: read, expect: deny }]\njwt_policy_test: 2", /^duplicate_key 3/],
  ];

  it.each(MISTAKES)("%s", (_what, tests, finding) => {
    const document = /^tests:/m.test(tests) ? tests : `tests: [{ ${tests} }]`;
    expect(findMistakes(document)).toContainEqual(expect.stringMatching(finding));
  });

  it("asks for the issuer if the policy has several", () => {
    const policy = POLICY.replace(
      "routes:",
      "  other: { issuer: https://b.example, audiences: [b] }\ndefaults: { accept: [acme] }\nroutes:",
    );
    expect(findMistakes("tests: [{ rule: read, token: {}, expect: deny }]", policy)[0]).toMatch(/several issuers/);
  });
});

describe("a test document", () => {
  it("has small defaults: one line per test", async () => {
    const { results } = await runDocument(`${ALICE}tests:
  - { token: alice, rule: read, expect: allow }
  - { token: alice, rule: write, expect: scope_insufficient }
  - { rule: read, expect: token_missing }
  - { token: alice, path: /things/7, expect: { rule: things, headers: { x-user-id: alice }, cleared: [x_user_id] } }
`);
    expect(listFailures(results)).toEqual([]);
    expect(results.map(({ test }) => test.name)).toEqual([
      "alice → read",
      "alice → write",
      "no token → read",
      "alice → GET /things/7",
    ]);
  });

  it("combines tokens and requests by lists and by a table, in groups whose keys apply to their tests", async () => {
    const { results } = await runDocument(`tokens:
  reader: { claims: { scope: read } }
  writer: { extends: reader, claims: { scope: [read, write], tenant: t1 } }
requests:
  read: { rule: read }
  write: { rule: write, headers: { X-Tenant: t1 } }
tests:
  - group: By table
    tests:
      - matrix:
          reader: { read: allow, write: scope_insufficient }
          writer: { read: allow, write: allow }
          none: { read: token_missing, write: token_missing }
  - group: By lists
    token: [reader, writer]
    tests:
      - { request: [read], expect: allow }
      - { name: Over HTTP, request: [read, write], transport: plain, expect: insecure_transport }
`);
    expect(listFailures(results)).toEqual([]);
    expect(results).toHaveLength(12);
    expect(results.at(-1)?.test.name).toBe("By lists › Over HTTP › writer → write");
  });

  it("shows expected and actual values of every part that differs", async () => {
    const { results } = await runDocument(`${ALICE}tests:
  - { name: a, token: alice, rule: read, expect: deny }
  - { name: b, rule: read, expect: { status: 403, challenge: "error=" } }
  - { name: c, token: alice, rule: read, expect: { headers: { x-user-id: bob, x-role: admin }, issuer: acme } }
  - { name: d, token: alice, rule: write, expect: token_missing }
`);
    expect(listFailures(results)).toEqual([
      "a | decision: deny / allow",
      'b | status: 403 / 401 | challenge: error= / Bearer realm="shop"',
      'c | header x-user-id: "bob" / "alice" | header x-role: "admin" / unchanged',
      "d | decision: deny, token_missing / deny, scope_insufficient (stage authorize)",
    ]);
  });

  it("skips with a reason, and fixes the time", async () => {
    const { results } = await runDocument(`now: 2030-06-01T12:00:00Z
tests:
  - { rule: read, token: { claims: { scope: read, exp: 2030-06-01T12:00:10Z, iat: -1h } }, expect: allow }
  - { rule: read, token: { claims: { scope: read, exp: -31s } }, expect: token_expired }
  - { rule: read, token: { claims: { scope: read, exp: -29s } }, expect: allow }
  - { rule: read, skip: not yet, expect: allow }
`);
    expect(results.map(({ status }) => status)).toEqual(["passed", "passed", "passed", "skipped"]);
    expect(results[3]?.test.skip).toBe("not yet");
  });

  it("distinguishes a request that passes from one that only report mode lets pass", async () => {
    const policy = POLICY.replace("routes:", "defaults: { mode: report }\nroutes:");
    const { results } = await runDocument(
      `tests:
  - { name: a, rule: read, expect: { report: token_missing } }
  - { name: b, rule: read, expect: allow }
  - { name: c, rule: read, expect: token_missing }
`,
      policy,
    );
    expect(listFailures(results)).toEqual([
      "b | decision: allow / allow in report mode, because of token_missing (stage extract)",
      "c | decision: deny, token_missing / allow in report mode, because of token_missing (stage extract)",
    ]);
  });

  it("sends the token in the policy's source, and names Kong's caller", async () => {
    const policy = `jwt_policy: 1
name: shop
issuers: { acme: { issuer: https://idp.example, audiences: [api], algorithms: [ES256] } }
routes: { read: {}, both: { other_authentication: require } }
token:
  sources:
    - { cookie: __Host-t, allowed_origins: [https://app.example] }
    - { header: x-token, prefix: Bearer }
    - { query: token }
  forward: false
identity: { consumer: { claim: sub }, groups: groups, credential: sub }
`;
    const { results } = await runDocument(
      `consumers: [{ username: shop }]
tokens: { shop: { claims: { groups: [a, b] } }, bob: {} }
tests:
  - { rule: read, token: shop, expect: { consumer: shop, credential: shop, groups: [a, b] } }
  - { rule: read, token: shop, token_in: x-token, expect: allow }
  - { rule: read, token: shop, token_in: token, path: /a?b=c, expect: allow }
  - { rule: read, token: shop, token_in: authorization, expect: token_missing }
  - { rule: read, token: bob, expect: consumer_unknown }
  - { rule: read, token: shop, method: POST, expect: origin_not_allowed }
  - { rule: read, token: shop, method: POST, headers: { Origin: https://app.example }, expect: allow }
  - { rule: both, token: shop, expect: other_authentication_missing }
  - { rule: both, token: shop, authenticated_as: { credential: session }, expect: allow }
`,
      policy,
    );
    expect(listFailures(results)).toEqual([]);
  });

  it("sees the answer with the API's description", async () => {
    const policy = `${POLICY}protected_resource: { resource: https://api.example.com/shop }\n`;
    const { results } = await runDocument(
      "tests: [{ rule: read, path: /.well-known/oauth-protected-resource/shop, expect: answer }]",
      policy,
    );
    expect(listFailures(results)).toEqual([]);
  });
});
