import { describe, expect, it } from "vitest";
import type { CompiledPolicy, Requirements } from "../../../plugin/core/model/policy.ts";
import { findOperation } from "../../../plugin/core/request/operation-tree.ts";
import { alternativeOf, compileDocument, membershipOf, requirementsOf } from "../../core/fixtures.ts";
import { expectIssues, ISSUER_START, issuesOf, takeMarks } from "../read/marked-text.ts";

const PARTNER = "  partner:\n    issuer: https://partner.example\n    audiences: [p]\n";
const policy = (rest: string): string => `${ISSUER_START}${PARTNER}${rest}\n`;
const ACCEPT = "defaults: {accept: [acme]}";

function compileRule(rule: string, defaults = ACCEPT): Requirements | undefined {
  return compileDocument(policy(`routes: {r: ${rule}}\n${defaults}`)).rules.get("r")?.requirements;
}
const check = (rule: string, code: string): void => expectIssues(policy(`routes: {r: ${rule}}\n${ACCEPT}`), code);

/** The requirements of rule `r` for requests with this method and path. */
function operationOf(rules: CompiledPolicy["rules"], method: string, segments: string[]): Requirements | undefined {
  const operations = rules.get("r")?.operations;
  return operations && findOperation(operations.root, method, segments)?.value;
}

describe("a rule's own requirements", () => {
  it.each<[rule: string, alternative: object]>([
    ["{required_scopes: [a, b]}", { scopes: membershipOf({ allOf: ["a", "b"] }) }],
    [
      "{required_scopes: {all_of: [a], any_of: [b, c], none_of: [d]}}",
      { scopes: { allOf: ["a"], anyOf: ["b", "c"], noneOf: ["d"] } },
    ],
    ["{required_roles: [merchant]}", { roles: membershipOf({ allOf: ["merchant"] }) }],
    ["{required_groups: {any_of: [a b]}}", { groups: membershipOf({ anyOf: ["a b"] }) }],
    [
      "{authentication: {acr_values: [gold], max_age: 15m}}",
      { authentication: { acrValues: ["gold"], amr: [], maxAgeSeconds: 900 } },
    ],
    ["{authentication: {amr: [otp]}}", { authentication: { acrValues: [], amr: ["otp"], maxAgeSeconds: undefined } }],
  ])("%s", (rule, alternative) => {
    expect(compileRule(rule)?.alternatives).toEqual([alternativeOf(alternative)]);
  });

  const condition = (name: string, tests: readonly object[] = [], absent = "refused") => ({
    ...{ claim: { text: name, path: name.replace(/^[/]/, "").split("/") }, absent, tests },
  });
  const [pattern, negated] = [{ is: "matches", pattern: /^x+$/su }, (test: object) => ({ is: "not", test })];
  const everyTest = [
    { is: "one_of", values: new Set([1, "a"]) },
    { is: "contains_any", values: new Set(["b"]) },
    { is: "contains_all", values: new Set(["d"]) },
    ...[pattern, { is: "min", bound: 1 }, { is: "max", bound: 2 }],
  ];
  it.each<[claims: string, ...conditions: object[]]>([
    ["tenant: {equals: acme}, /a/b: {}", condition("tenant", [{ is: "equals", value: "acme" }]), condition("/a/b")],
    [
      'c: {one_of: [1, a], contains_any: [b], contains_all: [d], matches: "x+", min: 1, max: 2}',
      condition("c", everyTest),
    ],
    ["c: {absent: true}", condition("c", [], "required")],
    [
      "d: {not: {one_of: [x, 1]}, min: 2}",
      condition("d", [{ is: "min", bound: 2 }, negated({ is: "one_of", values: new Set(["x", 1]) })]),
    ],
    ['e: {not: {matches: "x+"}, absent: allowed}', condition("e", [negated(pattern)], "allowed")],
  ])("required_claims: {%s}", (claims, ...conditions) => {
    expect(compileRule(`{required_claims: {${claims}}}`)?.alternatives).toEqual([
      alternativeOf({ conditions } as object),
    ]);
  });

  it("replace those of the defaults key by key", () => {
    const defaults = "defaults: {accept: [acme], required_scopes: [a], required_roles: [b]}";
    const onlyRoles = alternativeOf({ roles: membershipOf({ allOf: ["b"] }) });
    expect(compileRule("{required_scopes: []}", defaults)?.alternatives).toEqual([onlyRoles]);
  });

  it.each([
    ...["matches: ‸(a)", "min: ‸2, max: 1", "equals_path: ‸id", 'equals: ‸""', 'equals: ‸" "', 'one_of: ‸[eu, ""]'],
    ...["not: {matches: ‸(a)}", 'not: {equals: ‸""}', "equals: a, absent: ‸true", "not: {equals: a}, absent: ‸true"],
    "absent: ‸allowed",
  ])("condition_invalid: %s", (tests) => check(`{required_claims: {c: {${tests}}}}`, "condition_invalid"));

  it("condition_invalid in an alternative", () =>
    check("{any_of: [{}, {required_claims: {c: {matches: ‸a|b}}}]}", "condition_invalid"));

  it.each(["{required_claims: {c: {equals: ‸[a]}}}", "{required_scopes: ‸read}", "{required_roles: {any_of: ‸a}}"])(
    "wrong_type: %s",
    (rule) => check(rule, "wrong_type"),
  );

  it.each([
    ...["c: {not: ‸{}}", "c: {not: ‸{min: 3, max: 5}}", "c: {absent: ‸false}", "c: {absent: ‸yes}", "‸/a/-: {}"],
    ...["‸/-: {}", "‸/a/-/b: {}", "‸/a~2b: {}", "‸/a~: {}"],
  ])("invalid_value: %s", (claims) => check(`{required_claims: {${claims}}}`, "invalid_value"));

  it("valid: hyphens in names that are not a step of their own", () => {
    expect(
      compileRule("{required_claims: {/a/-b: {}, /-a: {}, /a-: {}, -: {}, /--: {}, /a/01/~0~1: {}}}"),
    ).toBeDefined();
  });

  it.each<[key: string, why: string]>([
    ["equals_path: user", "The client chooses the path"],
    ["equals_header: x-tenant", "The client chooses the header"],
    ["not: {equals: a}", 'Write the test without "not"'],
    ["absent: true", "is met by every claim that has a value"],
  ])("unknown_key: not cannot have %s, and the message says why", (key, why) => {
    const rule = `{required_claims: {c: {not: {‸${key}}}}}`;
    check(rule, "unknown_key");
    expect(issuesOf(policy(`routes: {r: ${takeMarks(rule).text}}\n${ACCEPT}`))[0]?.message).toContain(why);
  });
});

describe("alternatives", () => {
  it("each inherit only accept and audiences, if they do not name them", () => {
    const rule =
      "{audiences: [x], any_of: [{required_scopes: [a]}, {accept: [partner], audiences: [y], required_roles: [b]}]}";
    const defaults = "defaults: {accept: [acme], required_scopes: [default]}";
    const roles = membershipOf({ allOf: ["b"] });
    expect(compileRule(rule, defaults)).toEqual({
      ...requirementsOf(),
      accept: new Set(["acme", "partner"]),
      alternatives: [
        alternativeOf({ audiences: new Set(["x"]), requiredScopes: ["a"] }),
        alternativeOf({ accept: new Set(["partner"]), audiences: new Set(["y"]), roles }),
      ],
    });
  });

  it.each([
    "{any_of: [{}, {}], ‸required_scopes: [a]}",
    "{any_of: [{}, {}], ‸authentication: {amr: [a]}}",
    "{access: public, ‸any_of: [{}, {}]}",
    "{access: public, ‸required_claims: {}}",
  ])("requirement_contradiction: %s", (rule) => check(rule, "requirement_contradiction"));

  it("accept issuers of the policy only", () => check("{any_of: [{}, {accept: [‸acne]}]}", "issuer_unknown"));

  it("name the accepted issuers, in each alternative or in the rule for all", () => {
    const named = "{any_of: [{accept: [acme]}, {accept: [partner]}]}";
    expect(issuesOf(policy(`routes: {r: ${named}}`))).toEqual([]);
    expectIssues(policy("routes: {‸r: {any_of: [{accept: [acme]}, {}]}}"), "accept_missing");
  });

  it("of a rule are replaced by an operation's requirements, and those by an operation's alternatives", () => {
    const operations = [
      "{methods: [GET], path: /a}",
      "{methods: [GET], path: /b, required_scopes: [b]}",
      "{methods: [GET], path: /c, any_of: [{required_scopes: [c]}, {required_scopes: [d]}]}",
    ];
    const { rules } = compileDocument(
      policy(`routes: {r: {any_of: [{required_roles: [r]}, {}], operations: [${operations}]}}\n${ACCEPT}`),
    );
    const alternativesOf = (segment: string) => operationOf(rules, "GET", [segment])?.alternatives;
    expect(["a", "b", "c"].map(alternativesOf)).toEqual([
      [alternativeOf({ roles: membershipOf({ allOf: ["r"] }) }), alternativeOf()],
      [alternativeOf({ requiredScopes: ["b"] })],
      [alternativeOf({ requiredScopes: ["c"] }), alternativeOf({ requiredScopes: ["d"] })],
    ]);
  });
});

describe("headers that claims are compared with", () => {
  const comparing = (header: string): string => `{required_claims: {c: {equals_header: ${header}}}}`;
  const spellings = (name: string): object => ({ name, spellings: [name, name.replace("-", "_")] });

  it.each([
    ["of the first alternative", `{any_of: [${comparing("x-a")}, {}]}`, ["x-a"]],
    ["of a later alternative", `{any_of: [{}, {required_scopes: [a]}, ${comparing("x-b")}]}`, ["x-b"]],
    ["of each alternative, once", `{any_of: [${["x-a", "x-b", "x-a"].map(comparing)}]}`, ["x-a", "x-b"]],
    ["of a later claim", "{required_claims: {a: {}, b: {min: 1, equals_header: x-b}}}", ["x-b"]],
  ])("%s count in each spelling, and are read", (_what, rule, names) => {
    expect(compileRule(rule)?.comparedHeaders).toEqual(names.map(spellings));
    expect(compileDocument(policy(`routes: {r: ${rule}}\n${ACCEPT}`)).readHeaders).toEqual(names);
  });

  it("of an operation count only for that operation, and are read", () => {
    const operations = `[{methods: [GET], path: /a}, {methods: [GET], path: /b, any_of: [{}, ${comparing("x-b")}]}]`;
    const compiled = compileDocument(policy(`routes: {r: {operations: ${operations}}}\n${ACCEPT}`));
    const compared = ["a", "b"].map((segment) => operationOf(compiled.rules, "GET", [segment])?.comparedHeaders);
    expect([compared, compiled.readHeaders]).toEqual([[[], [spellings("x-b")]], ["x-b"]]);
  });
});

describe("a claim may have to equal a segment of the path", () => {
  const conditions = "required_claims: {sub: {equals_path: user}}";

  it("by the name in the operation's template, if the operation or the rule requires it", () => {
    const operations = "operations: [{methods: [GET], path: '/users/{user}/x'}, {methods: [PUT], path: '/{user}'}]";
    const { rules } = compileDocument(policy(`routes: {r: {${conditions}, ${operations}}}\n${ACCEPT}`));
    const claim = { text: "sub", path: ["sub"] };
    const test = (segment: number) => [
      alternativeOf({ conditions: [{ claim, absent: "refused", tests: [{ is: "equals_path", segment }] }] }),
    ];
    expect(operationOf(rules, "GET", ["users", "ann", "x"])?.alternatives).toEqual(test(1));
    expect(operationOf(rules, "PUT", ["ann"])?.alternatives).toEqual(test(0));
  });

  it("of an operation without this name: condition_invalid, once", () => {
    const operations = "operations: [{methods: [GET], path: '/{id}'}, {methods: [PUT], path: '/{id}'}]";
    check(`{required_claims: {sub: {equals_path: ‸user}}, ${operations}}`, "condition_invalid");
  });
});

describe("conditions that several rules inherit", () => {
  const RULES = "routes: {r: {}, s: {operations: [{methods: [GET], path: /a}]}, t: {required_claims: {own: {}}}}";
  const conditionsOf = (requirements: Requirements | undefined) => requirements?.alternatives[0]?.conditions;

  const compileRules = (rest: string) => compileDocument(policy(rest)).rules;
  it("are compiled once: thousands of rules would need many megabytes otherwise", () => {
    const rules = compileRules(`${RULES}\ndefaults: {accept: [acme], required_claims: {a: {one_of: [b]}}}`);
    const inherited = conditionsOf(rules.get("r")?.requirements);
    expect(inherited).toHaveLength(1);
    expect(conditionsOf(rules.get("s")?.operations?.values[0])).toBe(inherited);
    expect(conditionsOf(rules.get("t")?.requirements)).not.toBe(inherited);
  });

  it("but not if they compare with the path, whose segments differ", () => {
    const operations = "operations: [{methods: [GET], path: '/{id}'}, {methods: [GET], path: '/x/{id}'}]";
    const rules = compileRules(`routes: {r: {required_claims: {a: {equals_path: id}}, ${operations}}}\n${ACCEPT}`);
    const tests = rules.get("r")?.operations?.values.map((value) => conditionsOf(value)?.[0]?.tests);
    expect(tests).toEqual([[{ is: "equals_path", segment: 0 }], [{ is: "equals_path", segment: 1 }]]);
  });
});
