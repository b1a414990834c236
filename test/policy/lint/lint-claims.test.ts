import { describe, expect, it } from "vitest";
import { lintClaims, lintRegisteredClaims } from "../../../plugin/policy/lint/lint-claims.ts";
import type { Condition, PolicyDocument } from "../../../schema/generated/policy-document.ts";

describe("a condition that no claim can meet is found at its key", () => {
  it.each<[place: string, ...conditions: Condition[]]>([
    ["", { equals: "a", one_of: ["b", "a"] }, { equals: "a", not: { equals: "b" } }, { one_of: [4, 5], max: 4 }],
    ["", { one_of: [4, 5], min: 5 }, { equals: 4, min: 4, max: 4 }, { equals: "b", matches: "b+" }, { min: 1, max: 2 }],
    ["", { one_of: ["a", "b"], matches: "b" }, { equals: "a", matches: "(" }, { contains_any: ["a"] }],
    ["", { contains_any: ["a"], contains_all: ["a"] }],
    ["one_of", { equals: "a", one_of: ["b"] }, { one_of: [5, 6], max: 4 }, { one_of: [3, 4], min: 5 }],
    ["one_of", { one_of: [1], matches: "1" }],
    ["not", { equals: "a", not: { equals: "a" } }],
    ["equals", { equals: 5, min: 4, max: 4 }, { equals: 3, min: 4, max: 4 }, { equals: "4", max: 4 }],
    ["equals", { equals: "a", matches: "b+" }],
    [
      "contains_any",
      { contains_any: ["a"], equals: "a" },
      { contains_any: ["a"], min: 0 },
      { contains_any: ["a"], max: 0 },
    ],
    ["contains_all", { contains_all: ["a"], one_of: ["a"] }, { contains_all: ["a"], matches: "a" }],
    ["matches", { matches: "a", min: 0 }, { matches: "a", max: 0 }],
  ])("%j: %j", (place, ...conditions) => {
    for (const condition of conditions) {
      const found = lintClaims({ plan: condition }, ["claims"]).map(({ code, path }) => [code, ...(path ?? [])]);
      expect(found).toEqual(place === "" ? [] : [["condition_contradiction", "claims", "plan", place]]);
    }
  });

  it.each<[pattern: string, suggestion: string]>([
    ["/gold/", '"gold"'],
    ["/g/d/iu", '"g/d"'],
    ...["a{257}", "a{2}b{3,}c{300,400}", "", "[^\\s\\S]", "[^\\S\\s]", "x[^\\d\\D]", "[^\\w\\W]+"].map(
      (pattern): [string, string] => [pattern, ""],
    ),
  ])("the pattern %j never matches", (matches, suggestion) => {
    const path = ["plan", "matches"];
    const finding = { code: "pattern_never", path, message: expect.stringContaining(suggestion) };
    expect(lintClaims({ plan: { matches } }, [])).toMatchObject([finding]);
  });

  it.each(["a{256}", "/gold", "//", "/gold/I", "x/gold/", "[\\s\\S]"])("the pattern %j may match", (matches) => {
    expect(lintClaims({ plan: { matches } }, [])).toEqual([]);
  });
});

describe("a condition on a registered claim", () => {
  const issuers = {
    acme: { issuer: "https://a.example", audiences: ["api", "web"], claims: { scopes: "scope" } },
    partner: { issuer: "https://b.example", claims: { scopes: ["scp", "scope"] } },
    many: { issuer: "https://c.example/{t}", tenants: ["x"], claims: {} },
    bound: { issuer: "https://d.example", bound_tokens: "accept", claims: {} },
  };
  const document = { issuers } as unknown as PolicyDocument;

  it.each<[claim: string, condition: Condition, accept: string, word: string, audiences?: readonly string[]]>([
    ["iss", { equals: "https://a.example" }, "acme", ""],
    ["iss", { equals: "https://b.example" }, "acme", '"accept"'],
    ["iss", { equals: "https://b.example" }, "acme partner", ""],
    ["iss", { equals: "https://b.example" }, "acme many", ""],
    ["iss", { one_of: ["x", "https://a.example"] }, "acme", ""],
    ["iss", { one_of: ["x"] }, "gone", '"accept"'],
    ["iss", {}, "acme", ""],
    ["aud", { equals: "web" }, "acme", ""],
    ["aud", { equals: "other" }, "acme", '"audiences"'],
    ["aud", { equals: "other" }, "partner", '"audiences"'],
    ["aud", { equals: "api" }, "acme", '"audiences"', ["own"]],
    ["aud", { equals: "own" }, "acme", "", ["own"]],
    ["aud", { contains_any: ["other", "api"] }, "acme", ""],
    ["aud", { contains_any: ["other"] }, "acme", '"audiences"'],
    ["aud", { contains_all: ["other"] }, "acme", '"audiences"'],
    ["aud", {}, "acme", ""],
    ...["exp", "nbf", "iat"].flatMap((claim): [string, Condition, string, string][] => [
      [claim, { equals: 7 }, "acme", '"max_token_age"'],
      [claim, { min: 7, absent: "allowed" }, "acme", '"max_token_age"'],
      [claim, { absent: "allowed" }, "acme", ""],
    ]),
    ...["alg", "kid", "typ"].map((claim): [string, Condition, string, string] => [claim, {}, "acme", '"token_type"']),
    ["cnf", {}, "acme", "bound_tokens"],
    ["cnf", { absent: true }, "acme", ""],
    ["cnf", {}, "acme bound", ""],
    ["scope", { equals: "read" }, "acme", '"required_scopes"'],
    ["scope", {}, "acme", ""],
    ["scp", { equals: "read" }, "many partner", '"required_scopes"'],
    ["scp", { equals: "read" }, "acme", ""],
    ["plan", { equals: "gold" }, "acme", ""],
  ])("%s %j, with tokens of %s: %s", (claim, condition, accept, word, audiences) => {
    const keys = { accept: accept.split(" "), ...(audiences && { audiences }) } as never;
    const found = lintRegisteredClaims({ [claim]: condition }, ["claims"], keys, document);
    const finding = {
      code: "condition_on_registered_claim",
      severity: "warning",
      path: ["claims", claim],
      atKey: true,
    };
    expect(found).toEqual(word === "" ? [] : [{ ...finding, message: expect.stringContaining(word) }]);
  });
});
