import { describe, expect, it } from "vitest";
import { readDocument } from "../../../plugin/policy/read/read-document.ts";
import { validateDocument } from "../../../plugin/policy/read/validate-document.ts";
import { findShadowed } from "../../../plugin/policy/requirements/find-shadowed.ts";
import { unwrap } from "../../results.ts";
import { expectedAt, ISSUER_START, summarize, takeMarks } from "../read/marked-text.ts";

const PARTNER = "  partner: {issuer: https://partner.example, audiences: [p]}\n";

/** The warnings for a policy with these defaults and this rule. */
function warningsOf(defaults: string, rule: string, issuers = PARTNER) {
  const text = `${ISSUER_START}${issuers}defaults: {accept: [acme], ${defaults}}\nroutes: {r: ${rule}}\n`;
  const source = unwrap(readDocument(text));
  return source.locate(findShadowed(unwrap(validateDocument(source.data))));
}

const ACCESS = "required_claims: {token_use: {equals: access}}";

/** Operations for these methods at `/`, each with more members. */
const operations = (...more: readonly string[]): string =>
  `operations: [${more.map((members, index) => `{methods: [${["GET", "PUT"][index]}], path: /, ${members}}`)}]`;
const claims = (members: string): string => `required_claims: {${members}}`;
const ANY = "any_of: [{required_scopes: [a]}, {}]";

describe("condition_shadowed: a condition of defaults or of the rule that does not apply", () => {
  it.each<[what: string, defaults: string, rule: string]>([
    ["claims of its own", ACCESS, "{‸required_claims: {sub: {}}}"],
    ["no claims", ACCESS, "{‸required_claims: {}}"],
    ["the claim with another test", ACCESS, "{‸required_claims: {token_use: {one_of: [access, id]}}}"],
    ["the claim without a test", ACCESS, "{‸required_claims: {token_use: {}}}"],
    ["the claim with another value", ACCESS, "{‸required_claims: {token_use: {equals: id}}}"],
    ["one of two claims", "required_claims: {a: {}, b: {}}", "{‸required_claims: {a: {}}}"],
    ["an absent claim, where one is required", ACCESS, "{‸required_claims: {token_use: {absent: true}}}"],
    ["the same test, but also an absent claim", ACCESS, `{‸${claims("token_use: {equals: access, absent: allowed}")}}`],
    ["a claim that must be absent", "required_claims: {a: {absent: true}}", "{‸required_claims: {a: {}}}"],
    ["another negated test", "required_claims: {a: {not: {equals: x}}}", "{‸required_claims: {a: {not: {equals: y}}}}"],
    ["an alternative without claims", ACCESS, `{any_of: [‸{required_scopes: [a]}, {${ACCESS}}]}`],
    ["each alternative without claims", ACCESS, "{any_of: [‸{required_scopes: [a]}, ‸{}]}"],
    ["an alternative with other claims", ACCESS, `{any_of: [{${ACCESS}}, {‸required_claims: {sub: {}}}]}`],
    ["an operation with its own claims", ACCESS, `{${operations("", "‸required_claims: {sub: {}}")}}`],
    ["an operation with an alternative", ACCESS, `{${operations(`any_of: [{${ACCESS}}, ‸{}]`)}}`],
    [
      "a rule whose claims several operations inherit, once",
      ACCESS,
      `{‸required_claims: {sub: {}}, ${operations("", "")}}`,
    ],
    ["a rule whose alternatives an operation inherits", ACCESS, `{any_of: [{${ACCESS}}, ‸{}], ${operations("")}}`],
    ["an optional rule", ACCESS, "{access: optional, ‸required_claims: {sub: {}}}"],
    ["a rule in report mode", ACCESS, "{mode: report, ‸required_claims: {sub: {}}}"],
    [
      "a condition of the rule, in an operation",
      "mode: enforce",
      `{${ACCESS}, ${operations("", "‸required_claims: {sub: {}}")}}`,
    ],
    [
      "a condition of the rule, in an operation's alternative",
      "mode: enforce",
      `{${ACCESS}, ${operations(`any_of: [{${ACCESS}}, ‸{}]`)}}`,
    ],
    [
      "scopes of the rule, in an operation",
      "mode: enforce",
      `{required_scopes: [a], ${operations("‸required_scopes: [b]")}}`,
    ],
    ["alternatives of the rule, in an operation", "mode: enforce", `{${ANY}, ${operations("‸required_scopes: [b]")}}`],
    ["other scopes", "required_scopes: [a]", "{‸required_scopes: [b]}"],
    ["no scopes", "required_scopes: [a]", "{‸required_scopes: []}"],
    ["one of two scopes", "required_scopes: [a, b]", "{‸required_scopes: [a]}"],
    ["any instead of all scopes", "required_scopes: [a]", "{‸required_scopes: {any_of: [a, b]}}"],
    ["more scopes in any_of", "required_scopes: {any_of: [a]}", "{‸required_scopes: {any_of: [a, b]}}"],
    ["nothing, where any of two was required", "required_scopes: {any_of: [a, b]}", "{‸required_scopes: []}"],
    [
      "an absent claim that the default does not allow",
      claims("a: {absent: true}"),
      `{‸${claims("a: {absent: allowed}")}}`,
    ],
    ["no amr at all", "authentication: {amr: [otp]}", "{‸authentication: {max_age: 5m}}"],
    ["an exclusion left out", "required_roles: {none_of: [x]}", "{‸required_roles: [a]}"],
    ["groups", "required_groups: [a]", "{‸required_groups: [b]}"],
    ["another acr", "authentication: {acr_values: [mfa]}", "{‸authentication: {acr_values: [mfa, pwd]}}"],
    ["no acr", "authentication: {acr_values: [mfa]}", "{‸authentication: {amr: [otp]}}"],
    ["no amr", "authentication: {amr: [otp, pwd]}", "{‸authentication: {amr: [otp]}}"],
    ["an older login", "authentication: {max_age: 5m}", "{‸authentication: {max_age: 301s}}"],
    ["no login age", "authentication: {max_age: 5m}", "{‸authentication: {amr: [otp]}}"],
    ["another audience", "audiences: [a]", "{‸audiences: [a, b]}"],
    ["another audience in an alternative", "audiences: [a]", "{any_of: [{‸audiences: [b]}, {}]}"],
  ])("%s", (_what, defaults, marked) => {
    const { text } = takeMarks(marked);
    const columns = expectedAt(`${"\n".repeat(8)}routes: {r: ${marked}}`, "condition_shadowed");
    const warnings = warningsOf(defaults, text);
    expect(summarize(warnings)).toEqual(columns);
    expect(new Set(warnings.map(({ severity }) => severity))).toEqual(new Set(["warning"]));
  });

  const absent =
    "a: {not: {one_of: [x, y]}, absent: allowed}, b: {not: {equals: x}, absent: allowed}, c: {absent: true}";
  const stricter = "a: {not: {one_of: [y, x]}}, b: {absent: true}, c: {absent: true}";
  const login = "authentication: {acr_values: [a, b], amr: [c], max_age: 5m}";
  const replaced = operations("", "any_of: [{}, {}]");
  const optional = claims("a: {equals: x, absent: allowed}");
  it.each<[what: string, defaults: string, rule: string]>([
    ["nothing of its own", ACCESS, "{}"],
    ["the same claim", ACCESS, `{${ACCESS}}`],
    ["the same claim and more", ACCESS, "{required_claims: {token_use: {equals: access, matches: a+}, sub: {}}}"],
    ["the same values in another order", claims("a: {one_of: [x, y]}"), `{${claims("a: {one_of: [y, x]}")}}`],
    ["a stricter condition on absent claims", claims(absent), `{${claims(stricter)}}`],
    ["a test that the default does not have", "required_claims: {a: {}}", "{required_claims: {a: {equals: x}}}"],
    ["scopes beside a default of claims", ACCESS, "{required_scopes: [a]}"],
    ["more scopes", "required_scopes: [a]", "{required_scopes: [a, b]}"],
    ["fewer scopes in any_of", "required_scopes: {any_of: [a, b]}", "{required_scopes: {any_of: [a]}}"],
    ["one of the scopes in any_of", "required_scopes: {any_of: [a, b]}", "{required_scopes: [b, c]}"],
    [
      "the same exclusion and more",
      "required_roles: {none_of: [x]}",
      "{required_roles: {none_of: [x, y], all_of: [a]}}",
    ],
    ["a narrower authentication", login, "{authentication: {acr_values: [a], amr: [c, d], max_age: 300s}}"],
    ["fewer audiences", "audiences: [a, b]", "{audiences: [b]}"],
    ["audiences without a default", ACCESS, "{audiences: [b]}"],
    ["no token at all", ACCESS, "{access: public}"],
    [
      "operations that repeat or inherit the condition",
      "mode: enforce",
      `{required_scopes: [a], ${operations("", "required_scopes: [a, b]")}}`,
    ],
    ["alternatives that an operation inherits or replaces", "mode: enforce", `{${ANY}, ${replaced}}`],
    ["the same condition on absent claims", optional, `{${optional}}`],
    ["an empty default", "required_scopes: []", "{required_scopes: [a]}"],
  ])("is not found if a rule has %s", (_what, defaults, rule) => {
    expect(warningsOf(defaults, rule)).toEqual([]);
  });

  it("is not found if each accepted issuer requires the same", () => {
    const issuer = (claims: string) =>
      `  partner: {issuer: https://partner.example, audiences: [p], required_claims: ${claims}}\n`;
    const rule = "{accept: [partner], required_claims: {sub: {}}}";
    expect(warningsOf(ACCESS, rule, issuer("{token_use: {equals: access}}"))).toEqual([]);
    expect(warningsOf("required_claims: {azp: {}}", rule, issuer("[azp]"))).toEqual([]);
    expect(warningsOf(ACCESS, rule, issuer("[token_use]"))).toHaveLength(1);
    const both = "{accept: [acme, partner], required_claims: {sub: {}}}";
    expect(warningsOf(ACCESS, both, issuer("{token_use: {equals: access}}"))).toHaveLength(1);
  });

  const scopes = 'so this requirement does not apply here: all of "a"';
  const fix = 'Repeat the condition here, or move it to "required_claims" of the issuer, which applies to every rule.';
  it.each<[defaults: string, rule: string, message: string]>([
    [
      `${ACCESS}, required_scopes: [a, b]`,
      "any_of: [{}, {}]",
      `"any_of" replaces "required_scopes" of "defaults", ${scopes} "b". Repeat the requirement here if it must apply.`,
    ],
    [
      ACCESS,
      "required_claims: {sub: {}}",
      `This replaces "required_claims" of "defaults", so this requirement does not apply here: "token_use" {"equals":"access"}. ${fix}`,
    ],
    [
      claims("tenant: {equals_header: x-tenant}"),
      "required_claims: {sub: {}}",
      '"x-tenant"}. Repeat the condition here.',
    ],
    [
      "mode: enforce",
      `required_scopes: [a], ${operations("required_scopes: [b]")}`,
      `This replaces "required_scopes" of rule "r", ${scopes}`,
    ],
    [
      "mode: enforce",
      `any_of: [{}, {}], ${operations("required_scopes: [b]")}`,
      'This replaces "any_of" of rule "r", so the alternatives do not apply here.',
    ],
  ])("names the condition and the fix: %s, %s", (defaults, rule, message) => {
    expect(warningsOf(defaults, `{${rule}}`)[0]?.message).toContain(message);
  });

  it("is located at the rule's key", () => {
    expect(warningsOf(ACCESS, "{required_claims: {sub: {}}}")[0]?.pointer).toBe("/routes/r/required_claims");
  });

  const all = "authentication: {acr_values: [a, b], amr: [otp, pwd], max_age: 5m}";
  const both = claims("a: {}, b: {equals_path: c}");
  it.each<[defaults: string, rule: string, lost: string]>([
    ["required_roles: {all_of: [a, b], none_of: [x, y]}", "required_roles: []", 'all of "a" "b", none of "x" "y".'],
    ["required_groups: {any_of: [a, b]}", "required_groups: [c]", 'any of "a" "b".'],
    [all, "authentication: {amr: [sms]}", 'acr_values "a" "b", amr "otp", amr "pwd", max_age 5m.'],
    ["audiences: [a, b]", "audiences: [c]", 'aud is one of "a" "b".'],
    [both, "required_claims: {}", '"a" {}, "b" {"equals_path":"c"}. Repeat the condition here.'],
  ])("says which part of %s does not apply", (defaults, rule, lost) => {
    expect(warningsOf(defaults, `{${rule}}`)[0]?.message).toContain(` apply here: ${lost}`);
  });

  it("shows at most 80 characters of a default", () => {
    const shownOf = (length: number): string => {
      const scope = "x".repeat(length - 'all of ""'.length);
      const [warning] = warningsOf(`required_scopes: [${scope}]`, "{required_scopes: []}");
      return /here: (.*)\. Repeat/.exec(warning?.message ?? "")?.[1] ?? "";
    };
    expect([shownOf(80), shownOf(81)]).toEqual([`all of "${"x".repeat(71)}"`, `all of "${"x".repeat(71)}…`]);
  });
});
