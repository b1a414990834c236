import { describe, expect, it } from "vitest";
import { findOperation } from "../../../plugin/core/request/operation-tree.ts";
import { readPolicy } from "../../../plugin/policy/read-policy.ts";
import { compileDocument, requirementsOf } from "../../core/fixtures.ts";
import { expectedAt, ISSUER_START, issuesOf, summarize, takeMarks } from "../read/marked-text.ts";

const SECOND_ISSUER = "  partner:\n    issuer: https://login.partner.example\n    audiences: [pay]\n";
const ROUTES = "routes: {r: {}}\n";

function check(code: string, marked: string, message: RegExp): void {
  const issues = issuesOf(takeMarks(marked).text);
  expect(summarize(issues)).toEqual(expectedAt(marked, code));
  for (const issue of issues) {
    expect(issue.message).toMatch(message);
  }
}

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
    check("issuer_duplicate", marked, /^Issuer "acme" has the same identifier/);
  });

  it("is reported for two templates that match the same issuer", () => {
    const template = (id: string, name: string): string =>
      `  ${id}: {issuer: "https://x.example/{${name}}", audiences: [b], tenants: [a], keys: {jwks_uri: "https://x.example/k"}}\n`;
    const marked = `${ISSUER_START}${template("one", "t")}${template("two", "u").replace('"', '‸"')}routes: {r: {accept: [acme]}}`;
    check("issuer_duplicate", marked, /^Issuer "one" has the same identifier/);
  });

  it.each<[where: string, marked: string, message: RegExp]>([
    ["a rule", `${ISSUER_START}routes: {r: {accept: [acme, ‸acne]}}`, /Did you mean "acme"\?$/],
    [
      "an operation",
      `${ISSUER_START}routes: {r: {operations: [{methods: [GET], path: /, accept: [‸x]}]}}`,
      /Known: acme\.$/,
    ],
    ["the defaults", `${ISSUER_START}${ROUTES}defaults: {accept: [‸ACME]}`, /Did you mean "acme"\?$/],
    ["a rule, by its identifier", `${ISSUER_START}routes: {r: {accept: [‸https]}}`, /Known: acme\.$/],
  ])("must exist when %s accepts them", (_where, marked, message) => {
    check("issuer_unknown", marked, message);
  });
});

describe("accept may be omitted if there is only one issuer", () => {
  const policy = (routes: string): string => `${ISSUER_START}${SECOND_ISSUER}${routes}`;
  it.each<[what: string, marked: string]>([
    ["a rule", policy("routes: {‸r: {}}")],
    ["an empty rule", policy("routes:\n  ‸r: {}\n")],
    ["an optional rule", policy("routes: {‸r: {access: optional}}")],
    ["two rules", policy("routes: {‸r: {}, ‸s: {required_scopes: [a]}, t: {accept: [acme]}}")],
    ["an operation", policy("routes: {r: {operations: [‸{methods: [GET], path: /}]}}")],
    [
      "an operation beside one that says it",
      policy("routes: {r: {operations: [{methods: [GET], path: /, accept: [acme]}, ‸{methods: [PUT], path: /}]}}"),
    ],
  ])("and must not be omitted in %s of a policy with two issuers", (_what, marked) => {
    check("accept_missing", marked, /several issuers/);
  });

  it.each<[what: string, text: string, accept: string[]]>([
    ["one issuer", `${ISSUER_START}${ROUTES}`, ["acme"]],
    ["two, with a default", policy(`${ROUTES}defaults: {accept: [partner]}`), ["partner"]],
    [
      "two, with a rule that replaces the default",
      policy("routes: {r: {accept: [acme]}}\ndefaults: {accept: [partner]}"),
      ["acme"],
    ],
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
  it.each<[what: string, marked: string]>([
    ["scopes", rule("    access: public\n    ‸required_scopes: [read]\n")],
    ["audiences", rule("    access: public\n    ‸audiences: [x]\n")],
    ["accepted issuers", rule("    access: public\n    ‸accept: [acme]\n")],
    ["tokens without TLS", rule("    access: public\n    ‸allow_http: true\n")],
    ["preflights without a token", rule("    access: public\n    ‸cors_preflight: pass\n")],
    [
      "scopes of a public operation",
      rule("    operations: [{methods: [GET], path: /, access: public, ‸required_scopes: [read]}]\n"),
    ],
    // The operation is public because its rule is.
    [
      "scopes of an operation of a public rule",
      rule("    access: public\n    operations: [{methods: [GET], path: /, ‸required_scopes: [read]}]\n"),
    ],
    [
      "audiences of an operation of a public rule",
      rule("    access: public\n    operations: [{methods: [GET], path: /, ‸audiences: [x]}]\n"),
    ],
    [
      "accepted issuers of an operation of a public rule",
      rule("    access: public\n    operations: [{methods: [GET], path: /, ‸accept: [acme]}]\n"),
    ],
  ])("%s", (_what, marked) => {
    check("requirement_contradiction", marked, /"access: public" needs no token/);
  });

  it.each<[what: string, text: string]>([
    [
      "scopes of a rule beside a public operation",
      rule(
        "    required_scopes: [read]\n    operations: [{methods: [GET], path: /, access: public}, {methods: [PUT], path: /}]\n",
      ),
    ],
    [
      "accepted issuers of a public rule for an operation that is not",
      rule("    access: public\n    accept: [acme]\n    operations: [{methods: [GET], path: /, access: required}]\n"),
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
  const { clearedHeaders } = compileDocument(
    `${ISSUER_START}${ROUTES}header_mappings: {x-user-id: sub, tenant: /org/id}`,
  );
  expect(clearedHeaders).toEqual(["x-user-id", "x-user_id", "x_user-id", "x_user_id", "tenant"]);
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
  expect(summarize(issuesOf(takeMarks(marked).text))).toEqual(
    expectedAt(
      marked,
      ...["duration_invalid", "url_insecure", "issuer_unknown", "requirement_contradiction"],
      ...["operations_overlap", "path_template_invalid"],
    ),
  );
});
