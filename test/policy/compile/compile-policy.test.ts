import { describe, expect, it } from "vitest";
import { findOperation } from "../../../plugin/core/request/operation-tree.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { compileDocument, requirementsOf } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf, summarize } from "../read/marked-text.ts";

const SECOND_ISSUER = "  partner:\n    issuer: https://login.partner.example\n    audiences: [pay]\n";
const ROUTES = "routes: {r: {}}\n";

it.each<[mapping: string, codes: readonly string[]]>([
  ["{payload: true}", []],
  ["{from: sub}", []],
  ["{constant: a}", []],
  ["{payload: true, from: sub}", ["mapping_invalid"]],
  ["{payload: true, constant: a}", ["mapping_invalid"]],
  ["{from: sub, constant: a}", ["mapping_invalid"]],
])("a header has one source: %s", (mapping, codes) => {
  const issues = issuesOf(`${ISSUER_START}routes: {r: {}}\nheader_mappings: {x-a: ${mapping}}\n`);
  expect(issues.map(({ code }) => code)).toEqual(codes);
});

it("the smallest policy has strict defaults, and reads no more of a request than the token", () => {
  expect(compileDocument(`${ISSUER_START}${ROUTES}`)).toEqual({
    ...{ name: "payments", hash: "0".repeat(64), maxTokenBytes: 7_168, tokenSources: [{ from: "authorization" }] },
    ...{ credentialHeaders: ["authorization"], forwardHeader: "authorization", ownHeaders: [] },
    issuers: new Map([["https://idp.example.com", expect.objectContaining({ id: "acme" })]]),
    issuerTemplates: { issuers: new Map(), segments: [] },
    rules: new Map([["r", { id: "r", operations: undefined, requirements: requirementsOf() }]]),
    ...{ headerMappings: [], identity: undefined, clearedHeaders: [], needsTransport: true, readHeaders: [] },
    ...{ decidingFacts: { target: false, transport: true, headers: ["authorization"] }, unmatchedMode: "enforce" },
    answers: { format: "negotiate", problemTypes: undefined, reasons: new Map(), namesScopes: false },
    protectedResource: undefined,
  });
});

it("at most 50 mistakes are listed, the first ones, in the order of the text", () => {
  const routes = Array.from({ length: 60 }, (_, index) => `  r${index}: {accept: [none]}\n`).join("");
  const issues = issuesOf(`${ISSUER_START}routes:\n${routes}`);
  const [first = 0] = issues.map(({ line }) => line);
  expect(issues.map(({ line }) => line)).toEqual(Array.from({ length: 50 }, (_, index) => first + index));
});

describe("with several issuers, a rule says which issuers it accepts", () => {
  it.each<[rule: string, codes: readonly string[]]>([
    ["{accept: [partner]}", []],
    ["{access: public}", []],
    ["{any_of: [{accept: [acme]}, {accept: [partner]}]}", []],
    ["{}", ["accept_missing"]],
    ["{any_of: [{accept: [acme]}, {required_scopes: [a]}]}", ["accept_missing"]],
    ["{any_of: [{required_roles: [b]}, {required_scopes: [a]}]}", ["accept_missing"]],
  ])("%s: %j", (rule, codes) => {
    const issues = issuesOf(`${ISSUER_START}${SECOND_ISSUER}routes: {r: ${rule}}\n`);
    expect(issues.map(({ code }) => code)).toEqual(codes);
  });
});

describe("the transport of requests", () => {
  it.each<[needed: boolean, routes: string]>([
    [true, "{one: {}, two: {}}"],
    [true, "{one: {allow_http: true}, two: {}}"],
    [true, "{one: {allow_http: true, operations: [{methods: [GET], path: /a, allow_http: false}]}}"],
    [false, "{one: {allow_http: true}, two: {allow_http: true}}"],
    [false, "{one: {allow_http: true}, two: {access: public}}"],
  ])("must be known: %s, for %s", (needed, routes) => {
    const read = readPolicy(`${ISSUER_START}defaults: {accept: [acme]}\nroutes: ${routes}\n`, "");
    expect(read.ok && read.value.needsTransport, JSON.stringify(read)).toBe(needed);
  });
});

describe("issuers", () => {
  it("must not share an identifier", () => {
    const twin = "  twin:\n    issuer: ‸https://idp.example.com\n    audiences: [b]\n";
    const marked = `${ISSUER_START}${twin}routes: {r: {accept: [acme]}}`;
    expectIssues(marked, "issuer_duplicate", /^Issuer "acme" has the same identifier/);
  });

  it("is reported for two templates that match the same issuer", () => {
    const keys = 'keys: {jwks_uri: "https://x.example/k"}';
    const template = (id: string, mark: string, name: string): string =>
      `  ${id}: {issuer: ${mark}"https://x.example/{${name}}", audiences: [b], tenants: [a], ${keys}}\n`;
    const both = `${template("one", "", "t")}${template("two", "‸", "u")}`;
    const marked = `${ISSUER_START}${both}routes: {r: {accept: [acme]}}`;
    expectIssues(marked, "issuer_duplicate", /^Issuer "one" has the same identifier/);
  });

  it.each<[where: string, rest: string, message: RegExp]>([
    ["a rule", "routes: {r: {accept: [acme, ‸acne]}}", /Did you mean "acme"\?$/],
    ["an operation", "routes: {r: {operations: [{methods: [GET], path: /, accept: [‸x]}]}}", /Known: acme\.$/],
    ["the defaults", `${ROUTES}defaults: {accept: [‸ACME]}`, /Did you mean "acme"\?$/],
    ["a rule, by its identifier", "routes: {r: {accept: [‸https]}}", /Known: acme\.$/],
  ])("must exist when %s accepts them", (_where, rest, message) => {
    expectIssues(`${ISSUER_START}${rest}`, "issuer_unknown", message);
  });
});

describe("accept may be omitted if there is only one issuer", () => {
  const policy = (routes: string): string => `${ISSUER_START}${SECOND_ISSUER}${routes}`;
  const named = "{methods: [GET], path: /, accept: [acme]}";
  it.each<[what: string, routes: string]>([
    ["a rule", "{‸r: {}}"],
    ["an empty rule", "\n  ‸r: {}\n"],
    ["an optional rule", "{‸r: {access: optional}}"],
    ["two rules", "{‸r: {}, ‸s: {required_scopes: [a]}, t: {accept: [acme]}}"],
    ["an operation", "{r: {operations: [‸{methods: [GET], path: /}]}}"],
    ["an operation beside one that says it", `{r: {operations: [${named}, ‸{methods: [PUT], path: /}]}}`],
  ])("and must not be omitted in %s of a policy with two issuers", (_what, routes) => {
    expectIssues(policy(`routes: ${routes}`), "accept_missing", /several issuers/);
  });

  const replaced = "routes: {r: {accept: [acme]}}\ndefaults: {accept: [partner]}";
  it.each<[what: string, text: string, accept: string[]]>([
    ["one issuer", `${ISSUER_START}${ROUTES}`, ["acme"]],
    ["two, with a default", policy(`${ROUTES}defaults: {accept: [partner]}`), ["partner"]],
    ["two issuers, with a rule that replaces the default", policy(replaced), ["acme"]],
    ["two, on a public rule", policy("routes: {r: {access: public}}"), ["acme", "partner"]],
  ])("%s", (_what, text, accept) => {
    expect([...(compileDocument(text).rules.get("r")?.requirements.accept ?? [])]).toEqual(accept);
  });

  it("an operation inherits it from its rule", () => {
    const routes = "routes: {r: {accept: [acme], operations: [{methods: [GET], path: /}]}}";
    expect(issuesOf(policy(routes))).toEqual([]);
  });
});

describe("settings about tokens have no effect in a public rule", () => {
  const rule = (body: string): string => `${ISSUER_START}routes:\n  r:\n${body}`;
  const operation = (body: string): string => rule(`    operations: [{methods: [GET], path: /, ${body}}]\n`);
  const open = (body: string): string => rule(`    access: public\n    ${body}\n`);
  const inOpen = (body: string): string => open(`operations: [{methods: [GET], path: /, ${body}}]`);
  it.each<[what: string, marked: string]>([
    ["scopes", open("‸required_scopes: [read]")],
    ["audiences", open("‸audiences: [x]")],
    ["accepted issuers", open("‸accept: [acme]")],
    ["tokens without TLS", open("‸allow_http: true")],
    ["preflights without a token", open("‸cors_preflight: pass")],
    ["scopes of a public operation", operation("access: public, ‸required_scopes: [read]")],
    // The operation is public because its rule is public.
    ["scopes of an operation of a public rule", inOpen("‸required_scopes: [read]")],
    ["audiences of an operation of a public rule", inOpen("‸audiences: [x]")],
    ["accepted issuers of an operation of a public rule", inOpen("‸accept: [acme]")],
  ])("%s", (_what, marked) => {
    expectIssues(marked, "requirement_contradiction", /"access: public" needs no token/);
  });

  const both = "operations: [{methods: [GET], path: /, access: public}, {methods: [PUT], path: /}]";
  it.each<[what: string, text: string]>([
    ["scopes of a rule beside a public operation", rule(`    required_scopes: [read]\n    ${both}\n`)],
    [
      "accepted issuers of a public rule for an operation that is not",
      open(`accept: [acme]\n    ${both.replace("public", "required")}`),
    ],
    ["scopes of an optional rule", rule("    access: optional\n    required_scopes: [read]\n")],
    ["default scopes beside a public rule", `${rule("    access: public\n")}defaults: {required_scopes: [read]}`],
  ])("but %s are", (_what, text) => {
    expect(summarize(issuesOf(text))).toEqual([]);
  });
});

describe("the most specific requirement replaces the others as a whole: operation, rule, defaults, built-in value", () => {
  const policy = compileDocument(`${ISSUER_START}
routes:
  bare: {}
  scoped: {required_scopes: [a, b], audiences: [x]}
  none: {required_scopes: []}
  nested:
    required_scopes: [rule]
    operations:
      - {methods: [GET], path: /}
      - {methods: [PUT], path: /, required_scopes: [operation], access: optional}
      - {methods: [POST], path: /, required_scopes: []}
defaults: {required_scopes: [default], audiences: [d]}
`);
  const requirements = (access: string, audiences: string[], requiredScopes: string[]): unknown => ({
    ...requirementsOf({ audiences: new Set(audiences), requiredScopes }),
    access,
  });

  it.each([
    ["bare", requirements("required", ["d"], ["default"])],
    ["scoped", requirements("required", ["x"], ["a", "b"])],
    ["none", requirements("required", ["d"], [])],
  ])("rule %s", (id, expected) => {
    expect(policy.rules.get(id)?.requirements).toEqual(expected);
  });

  it.each([
    ["GET", requirements("required", ["d"], ["rule"])],
    ["PUT", requirements("optional", ["d"], ["operation"])],
    ["POST", requirements("required", ["d"], [])],
  ])("operation %s", (method, expected) => {
    const operations = policy.rules.get("nested")?.operations;
    expect(operations && findOperation(operations.root, method, [""])?.value).toEqual(expected);
  });
});
it("clears every mapped header in every spelling", () => {
  const text = `${ISSUER_START}${ROUTES}header_mappings: {x-user-id: sub, tenant: /org/id}`;
  const spellings = ["x-user-id", "x-user_id", "x_user-id", "x_user_id", "tenant"];
  expect(compileDocument(text).clearedHeaders).toEqual(spellings);
});

it("gives no policy if there is any mistake, and names all mistakes in the order of the text", () => {
  const marked = `${ISSUER_START}    clock_skew: ‸6m
    keys: {jwks_uri: ‸http://idp.example.com/jwks}
routes:
  read:
    accept: [‸acne]
  open:
    access: public
    ‸required_scopes: [read]
  refunds:
    operations:
      - {methods: [GET], path: /refunds}
      - {methods: [HEAD], path: ‸/refunds}
      - {methods: [GET], path: ‸/refunds/../x}
`;
  expectIssues(marked, [
    ...["duration_invalid", "url_insecure", "issuer_unknown", "requirement_contradiction"],
    ...["operations_overlap", "path_template_invalid"],
  ]);
});
