import { describe, expect, it } from "vitest";
import { authorize } from "../../../plugin/core/access/authorize.ts";
import { describeClaim } from "../../../plugin/core/access/describe-claim.ts";
import type { JsonObject } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import type { Alternative, Membership } from "../../../plugin/core/model/policy.ts";
import { outcomeOf } from "../../results.ts";
import { AUDIENCE, alternativeOf, compileIssuer, membershipOf, NOW, requirementsOf } from "../fixtures.ts";

const SCOPE = parseClaimReference("scope");
const NOTHING = { segments: [], headers: new Map<string, string>() };
const withAudience = (claims: JsonObject): JsonObject => ({ aud: AUDIENCE, ...claims });
const check = (claims: JsonObject, requiredScopes: readonly string[], scopes = "scope"): unknown =>
  outcomeOf(
    authorize(
      compileIssuer({ claims: { scopes } }),
      requirementsOf({ requiredScopes }),
      withAudience(claims),
      NOTHING,
      NOW,
    ),
  );

describe("lets a token pass that has all required scopes", () => {
  it.each<[claims: JsonObject, required: string[]]>([
    [{ scope: "read" }, ["read"]],
    [{ scope: "read write" }, ["write", "read"]],
    [{ scope: "write  read" }, ["read"]],
    [{ scope: ["read", "write"] }, ["read", "write"]],
    [{}, []],
    [{ scope: 1 }, []],
  ])("%j has %j", (claims, required) => {
    expect(check(claims, required)).toBeUndefined();
  });
});

describe("refuses a token that lacks one", () => {
  it.each<[claims: JsonObject, required: string[], lacks: string]>([
    [{}, ["read"], "read"],
    [{ scope: "" }, ["read"], "read"],
    [{ scope: null }, ["read"], "read"],
    [{ scope: 1 }, ["1"], "1"],
    [{ scope: true }, ["true"], "true"],
    [{ scope: { read: true } }, ["read"], "read"],
    [{ scope: "READ" }, ["read"], "read"],
    [{ scope: "readwrite" }, ["read"], "read"],
    [{ scope: "read,write" }, ["read"], "read"],
    [{ scope: "read\twrite" }, ["read"], "read"],
    [{ scope: ["read write"] }, ["read"], "read"],
    [{ scope: [["read"]] }, ["read"], "read"],
    [{ scope: ["read", 1] }, ["read"], "read"],
    [{ scope: ["read", null] }, ["read"], "read"],
    [{ scp: "read" }, ["read"], "read"],
    [{ scope: "read" }, ["read", "write", "admin"], "write admin"],
  ])("%j lacks of %j: %s", (claims, required, lacks) => {
    expect(check(claims, required)).toEqual({
      reason: "scope_insufficient",
      requiredScopes: required,
      detail: `lacks scope ${lacks}: ${describeClaim(claims, SCOPE)}`,
    });
  });
});

describe("looks for scopes where the issuer puts them", () => {
  it.each<[reference: string, claims: JsonObject]>([
    ["scp", { scp: ["read"], scope: "" }],
    ["/resource/api/roles", { resource: { api: { roles: ["read"] } } }],
    ["https://example.com/scopes", { "https://example.com/scopes": "read" }],
  ])("%s", (reference, claims) => {
    expect(check(claims, ["read"], reference)).toBeUndefined();
    expect(check({ scope: "read" }, ["read"], reference)).toHaveProperty("reason", "scope_insufficient");
  });
});

const judge = (
  changes: Partial<Alternative>,
  claims: JsonObject,
  { issuer = {}, now = NOW }: { issuer?: Record<string, unknown>; now?: number } = {},
): string => {
  const denial = outcomeOf(
    authorize(compileIssuer(issuer), requirementsOf(changes), withAudience(claims), NOTHING, now),
  );
  return denial ? `${denial.reason}: ${denial.detail}` : "allow";
};

describe("scopes, any or none of them", () => {
  const any = { scopes: membershipOf({ allOf: ["a"], anyOf: ["b", "c"] }) };
  const none = { scopes: membershipOf({ noneOf: ["x", "y"] }) };
  it.each<[scopes: Partial<Alternative>, scope: JsonObject[string] | undefined, outcome: string]>([
    [any, "a c", "allow"],
    [any, "a b c", "allow"],
    [any, "a", "scope_insufficient: lacks scope any of b c: claim scope is a text"],
    [any, "b c", "scope_insufficient: lacks scope a: claim scope is a text"],
    [
      { scopes: membershipOf({ anyOf: ["b", "c"] }) },
      "a\tb",
      "scope_insufficient: lacks scope any of b c: claim scope is a text",
    ],
    [none, "a", "allow"],
    [none, "", "allow"],
    [none, "a y", "condition_unmet: scope y is excluded: claim scope is a text"],
    [none, ["x"], "condition_unmet: scope x is excluded: claim scope is a list of 1 text"],
    [
      none,
      ["a", 1],
      "condition_unmet: scope cannot be read: claim scope is a list that contains other things than texts",
    ],
    [none, { x: true }, "condition_unmet: scope cannot be read: claim scope is an object"],
    [none, 1, "condition_unmet: scope cannot be read: claim scope is a number"],
    [none, "a\tx", "condition_unmet: scope cannot be read: claim scope is a text"],
    [none, "a\u00a0x", "condition_unmet: scope cannot be read: claim scope is a text"],
    [none, "a\nx", "condition_unmet: scope cannot be read: claim scope is a text"],
  ])("%j of %j: %s", (scopes, scope, outcome) => {
    expect(judge(scopes, scope === undefined ? {} : { scope })).toBe(outcome);
  });

  it("tell the client all that may be asked for", () => {
    expect(outcomeOf(authorize(compileIssuer(), requirementsOf(any), { aud: AUDIENCE }, NOTHING, NOW))).toMatchObject({
      requiredScopes: ["a", "b", "c"],
    });
  });
});

describe.each([
  ["role", "roles"],
  ["group", "groups"],
] as const)("a %s", (what, list) => {
  const wanted = (membership: Partial<Membership>) => ({ [list]: membershipOf(membership) });
  it.each<[membership: Partial<Membership>, value: JsonObject[string] | undefined, outcome: string]>([
    [{ allOf: ["a", "b"] }, ["b", "a", "c"], "allow"],
    [{ allOf: ["a"] }, "a", "allow"],
    [{ allOf: ["a b"] }, "a b", "allow"],
    [{ allOf: ["a"] }, "a b", `condition_unmet: lacks ${what} a`],
    [{ allOf: ["a", "b", "c"] }, ["b"], `condition_unmet: lacks ${what} a c`],
    [{ allOf: ["a"] }, ["A"], `condition_unmet: lacks ${what} a`],
    [{ allOf: ["a"] }, ["a", 1], `condition_unmet: lacks ${what} a`],
    [{ allOf: ["a"] }, { a: true }, `condition_unmet: lacks ${what} a`],
    [{ allOf: ["true"] }, true, `condition_unmet: lacks ${what} true`],
    [{ allOf: ["a"] }, null, `condition_unmet: lacks ${what} a`],
    [{ anyOf: ["a", "b"] }, ["b"], "allow"],
    [{ anyOf: ["a", "b"] }, undefined, `condition_unmet: lacks ${what} any of a b`],
    [{ anyOf: ["a", "b"] }, ["a", 1], `condition_unmet: lacks ${what} any of a b`],
    [{}, ["a", 1], "allow"],
    [{ anyOf: ["a"], noneOf: ["x"] }, ["a", "x"], `condition_unmet: ${what} x is excluded`],
    [{ noneOf: ["x"] }, undefined, "allow"],
    [{ noneOf: ["x"] }, ["y"], "allow"],
    [{ noneOf: ["x"] }, { x: true }, `condition_unmet: ${what} cannot be read`],
  ])("%j of %j: %s", (membership, value, outcome) => {
    const claims: JsonObject = value === undefined ? {} : { [list]: value };
    const found = outcome === "allow" ? "" : `: ${describeClaim(claims, parseClaimReference(list))}`;
    expect(judge(wanted(membership), claims)).toBe(`${outcome}${found}`);
  });

  it.each<[place: string, claims: JsonObject]>([
    ["/realm_access/roles", { realm_access: { roles: ["a"] } }],
    ["/resource_access/my~1api/roles", { resource_access: { "my/api": { roles: ["a"] } } }],
    ["https://example.com/roles", { "https://example.com/roles": ["a"] }],
    ["cognito:groups", { "cognito:groups": ["a"] }],
    ["app.roles", { "app.roles": ["a"] }],
  ])("is looked for in %s", (place, claims) => {
    const issuer = { claims: { [list]: place } };
    expect(judge(wanted({ allOf: ["a"] }), claims, { issuer })).toBe("allow");
    expect(judge(wanted({ allOf: ["a"] }), { [list]: ["a"] }, { issuer })).toBe(
      `condition_unmet: lacks ${what} a: no claim ${place}`,
    );
  });
});

it("a claim must be what it must be, and the request's path is what the policy means", () => {
  const conditions = [
    { claim: parseClaimReference("tenant"), tests: [{ is: "equals", value: "acme" }] },
    { claim: parseClaimReference("sub"), tests: [{ is: "equals_path", segment: 1 }] },
  ] as const;
  const outcome = (claims: JsonObject): unknown =>
    outcomeOf(
      authorize(
        compileIssuer(),
        requirementsOf({ conditions }),
        withAudience(claims),
        { ...NOTHING, segments: ["users", "alice"] },
        NOW,
      ),
    );
  const unmet = (detail: string): unknown => ({ reason: "condition_unmet", detail });
  expect([
    outcome({ tenant: "acme", sub: "alice" }),
    outcome({ tenant: "acme", sub: "bob" }),
    outcome({ sub: "alice" }),
  ]).toEqual([undefined, unmet('claim "sub" does not meet equals_path'), unmet('claim "tenant" is missing')]);
});

describe("authentication (RFC 9470)", () => {
  const asked = (changes: Partial<NonNullable<Alternative["authentication"]>>) => ({
    authentication: { acrValues: [], amr: [], maxAgeSeconds: undefined, ...changes },
  });
  const acr = (found: string) => `authentication_insufficient: acr is none of silver gold: ${found}`;
  const amr = (lacks: string, found: string) => `authentication_insufficient: amr lacks ${lacks}: ${found}`;
  it.each<[wanted: Partial<Alternative>, claims: JsonObject, outcome: string]>([
    [asked({ acrValues: ["silver", "gold"] }), { acr: "gold" }, "allow"],
    [asked({ acrValues: ["silver", "gold"] }), { acr: "bronze" }, acr("claim acr is a text")],
    [asked({ acrValues: ["silver", "gold"] }), { acr: ["gold"] }, acr("claim acr is a list of 1 text")],
    [asked({ acrValues: ["silver", "gold"] }), {}, acr("no claim acr")],
    [asked({ amr: ["pwd", "otp"] }), { amr: ["otp", "pwd", "x"] }, "allow"],
    [asked({ amr: ["pwd", "otp"] }), { amr: ["pwd"] }, amr("otp", "claim amr is a list of 1 text")],
    [asked({ amr: ["pwd"] }), { amr: "pwd" }, amr("pwd", "claim amr is a text")],
    [asked({ amr: ["pwd"] }), {}, amr("pwd", "no claim amr")],
    [asked({ amr: ["pwd", "otp", "pop"] }), { amr: ["otp"] }, amr("pwd pop", "claim amr is a list of 1 text")],
  ])("%j of %j: %s", (wanted, claims, outcome) => {
    expect(judge(wanted, claims)).toBe(outcome);
  });

  const late = "authentication_insufficient: auth_time is in the future, or 60 s ago or more";
  const unreadable = "authentication_insufficient: auth_time must be a number";
  it.each<[authTime: JsonObject[string] | undefined, outcome: string]>([
    [NOW - 60 - 29, "allow"],
    [NOW - 60 - 30, late],
    [NOW + 30, "allow"],
    [NOW + 31, late],
    [undefined, `${unreadable}: no claim auth_time`],
    [String(NOW), `${unreadable}: claim auth_time is a text`],
    [0, late],
  ])("is at most a minute old, with 30 s of skew: auth_time %j", (authTime, outcome) => {
    expect(judge(asked({ maxAgeSeconds: 60 }), authTime === undefined ? {} : { auth_time: authTime })).toBe(outcome);
  });
});

describe("of several alternatives one must hold", () => {
  const requirements = (...alternatives: readonly Alternative[]) => ({
    ...requirementsOf(),
    alternatives,
  });
  const writer = alternativeOf({ requiredScopes: ["write"] });
  const admin = alternativeOf({ roles: membershipOf({ allOf: ["admin"] }) });
  const elsewhere = alternativeOf({ audiences: new Set(["other"]) });
  const partner = alternativeOf({ accept: new Set(["partner"]) });
  const outcome = (claims: JsonObject, ...alternatives: readonly Alternative[]) =>
    outcomeOf(authorize(compileIssuer(), requirements(...alternatives), withAudience(claims), NOTHING, NOW))?.reason ??
    "allow";

  it.each<[claims: JsonObject, outcome: string]>([
    [{ scope: "write" }, "allow"],
    [{ roles: ["admin"] }, "allow"],
    [{ scope: "write", roles: ["admin"] }, "allow"],
    [{}, "scope_insufficient"],
    [{ scope: "read", roles: ["user"] }, "scope_insufficient"],
  ])("%j: %s", (claims, expected) => {
    expect(outcome(claims, writer, admin)).toBe(expected);
  });

  it("and the first one says why none does", () => {
    expect(outcome({}, admin, writer)).toBe("condition_unmet");
  });

  it.each([
    ["another audience", elsewhere],
    ["another issuer", partner],
  ])("and one for %s does not count", (_what, other) => {
    expect(outcome({}, other, writer)).toBe("scope_insufficient");
    expect(outcome({ scope: "write" }, other, writer)).toBe("allow");
    expect(outcomeOf(authorize(compileIssuer(), requirements(other), withAudience({}), NOTHING, NOW))).toEqual({
      reason: "internal_error",
      detail: "no alternative accepts the issuer and audience",
    });
  });
});
