import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { authorize } from "../../../plugin/core/access/authorize.ts";
import { describeClaim } from "../../../plugin/core/detail/describe-claim.ts";
import type { JsonObject } from "../../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../../plugin/core/model/claim-reference.ts";
import type { Alternative, Membership } from "../../../plugin/core/model/policy.ts";
import { denied } from "../../denials.ts";
import { outcomeOf } from "../../results.ts";
import { AUDIENCE, alternativeOf, compileIssuer, membershipOf, NOW, requirementsOf } from "../fixtures.ts";

const SCOPE = parseClaimReference("scope");
const NOTHING = { segments: [] as readonly string[], headers: new Map<string, string>() };
/** The denial; undefined if the request may pass. */
const run = (
  changes: Parameters<typeof requirementsOf>[0],
  claims: JsonObject,
  issuer: object = {},
  request = NOTHING,
) => {
  const compiled = compileIssuer(issuer as Record<string, unknown>);
  return outcomeOf(authorize(compiled, requirementsOf(changes), { aud: AUDIENCE, ...claims }, request, NOW));
};

describe("a token with all required scopes passes, and one that lacks a scope does not", () => {
  it.each<[claims: JsonObject, required: string[], lacks?: string]>([
    [{ scope: "read" }, ["read"]],
    [{ scope: "read write" }, ["write", "read"]],
    [{ scope: "write  read" }, ["read"]],
    [{ scope: ["read", "write"] }, ["read", "write"]],
    [{}, []],
    [{ scope: 1 }, []],
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
  ])("%j of %j lacks: %s", (claims, required, lacks) => {
    const text = `lacks scope ${lacks}: ${describeClaim(claims, SCOPE)}`;
    const denial = lacks && denied("scope_insufficient", text, { requiredScopes: required });
    expect(run({ requiredScopes: required }, claims)).toEqual(denial);
  });
});

describe("looks for scopes in the claim that the issuer uses", () => {
  it.each<[reference: string, claims: JsonObject]>([
    ["scp", { scp: ["read"], scope: "" }],
    ["/resource/api/roles", { resource: { api: { roles: ["read"] } } }],
    ["https://example.com/scopes", { "https://example.com/scopes": "read" }],
  ])("%s", (scopes, claims) => {
    const issuer = { claims: { scopes } };
    expect(run({ requiredScopes: ["read"] }, claims, issuer)).toBeUndefined();
    expect(run({ requiredScopes: ["read"] }, { scope: "read" }, issuer)?.reason).toBe("scope_insufficient");
  });
});

const judge = (changes: Partial<Alternative>, claims: JsonObject, issuer: object = {}): string => {
  const denial = run(changes, claims, issuer);
  return denial ? `${denial.reason}: ${denial.detail}` : "allow";
};

/** The exact texts are in test/observe/reasons.test.ts. */
const beginning = (outcome: string): RegExp => new RegExp(`^${outcome.replaceAll(/[$()*+.?[\\\]^{|}/-]/g, "\\$&")}`);

describe("scopes, any or none of them", () => {
  const any = { scopes: membershipOf({ allOf: ["a"], anyOf: ["b", "c"] }) };
  const none = { scopes: membershipOf({ noneOf: ["x", "y"] }) };
  const lacks = (what: string) => `scope_insufficient: lacks scope ${what}: claim scope is a string`;
  const unreadable = "condition_unmet: scope cannot be read: claim scope is ";
  it.each<[scopes: Partial<Alternative>, scope: JsonObject[string], outcome: string]>([
    [any, "a c", "allow"],
    [any, "a b c", "allow"],
    [any, "a", lacks("any of b c")],
    [any, "b c", lacks("a")],
    [{ scopes: membershipOf({ anyOf: ["b", "c"] }) }, "a\tb", lacks("any of b c")],
    [none, "a", "allow"],
    [none, "", "allow"],
    [none, "a y", "condition_unmet: scope y is excluded: claim scope is a string"],
    [none, ["x"], "condition_unmet: scope x is excluded: claim scope is a list of 1 string"],
    [none, ["a", 1], `${unreadable}a list with elements that are not strings`],
    [none, { x: true }, `${unreadable}an object`],
    [none, 1, `${unreadable}a number`],
    [none, "a\tx", `${unreadable}a string`],
    [none, "a\u00a0x", `${unreadable}a string`],
    [none, "a\nx", `${unreadable}a string`],
  ])("%j of %j: %s", (scopes, scope, outcome) => {
    expect(judge(scopes, { scope })).toMatch(beginning(outcome));
  });

  it("tell the client all scopes that it may ask for", () => {
    expect(run(any, {})).toMatchObject({ requiredScopes: ["a", "b", "c"] });
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
    expect(judge(wanted(membership), claims)).toMatch(beginning(`${outcome}${found}`));
  });

  it.each<[place: string, claims: JsonObject]>([
    ["/realm_access/roles", { realm_access: { roles: ["a"] } }],
    ["/resource_access/my~1api/roles", { resource_access: { "my/api": { roles: ["a"] } } }],
    ["https://example.com/roles", { "https://example.com/roles": ["a"] }],
    ["cognito:groups", { "cognito:groups": ["a"] }],
    ["app.roles", { "app.roles": ["a"] }],
  ])("is looked for in %s", (place, claims) => {
    const issuer = { claims: { [list]: place } };
    expect(judge(wanted({ allOf: ["a"] }), claims, issuer)).toBe("allow");
    const lacking = `condition_unmet: lacks ${what} a: no claim ${place}`;
    expect(judge(wanted({ allOf: ["a"] }), { [list]: ["a"] }, issuer)).toBe(lacking);
  });
});

it("a claim must meet its condition, also if the condition names a part of the path", () => {
  const conditions = [
    { claim: parseClaimReference("tenant"), absent: "refused", tests: [{ is: "equals", value: "acme" }] },
    { claim: parseClaimReference("sub"), absent: "refused", tests: [{ is: "equals_path", segment: 1 }] },
  ] as const;
  const outcome = (claims: JsonObject) => run({ conditions }, claims, {}, { ...NOTHING, segments: ["users", "alice"] });
  expect(outcome({ tenant: "acme", sub: "alice" })).toBeUndefined();
  const unmet = (detail: string): unknown => denied("condition_unmet", detail);
  expect(outcome({ tenant: "acme", sub: "bob" })).toEqual(unmet('claim "sub" does not meet equals_path'));
  expect(outcome({ sub: "alice" })).toEqual(unmet('claim "tenant" is missing'));
});

describe("authentication (RFC 9470)", () => {
  const asked = (changes: Partial<NonNullable<Alternative["authentication"]>>) => ({
    authentication: { acrValues: [], amr: [], maxAgeSeconds: undefined, ...changes },
  });
  const acr = (found: string) => `authentication_insufficient: acr must be one of silver gold: ${found}`;
  const amr = (lacks: string, found: string) => `authentication_insufficient: amr lacks ${lacks}: ${found}`;
  it.each<[wanted: Partial<Alternative>, claims: JsonObject, outcome: string]>([
    [asked({ acrValues: ["silver", "gold"] }), { acr: "gold" }, "allow"],
    [asked({ acrValues: ["silver", "gold"] }), { acr: "bronze" }, acr("claim acr is a string")],
    [asked({ acrValues: ["silver", "gold"] }), { acr: ["gold"] }, acr("claim acr is a list of 1 string")],
    [asked({ acrValues: ["silver", "gold"] }), {}, acr("no claim acr")],
    [asked({ amr: ["pwd", "otp"] }), { amr: ["otp", "pwd", "x"] }, "allow"],
    [asked({ amr: ["pwd", "otp"] }), { amr: ["pwd"] }, amr("otp", "claim amr is a list of 1 string")],
    [asked({ amr: ["pwd"] }), { amr: "pwd" }, amr("pwd", "claim amr is a string")],
    [asked({ amr: ["pwd"] }), {}, amr("pwd", "no claim amr")],
    [asked({ amr: ["pwd", "otp", "pop"] }), { amr: ["otp"] }, amr("pwd pop", "claim amr is a list of 1 string")],
  ])("%j of %j: %s", (wanted, claims, outcome) => {
    expect(judge(wanted, claims)).toMatch(beginning(outcome));
  });

  const late = "authentication_insufficient: auth_time is in the future, or 60 s ago or more";
  const unreadable = "authentication_insufficient: auth_time must be a number";
  it.each<[authTime: JsonObject[string] | undefined, outcome: string]>([
    [NOW - 60 - 29, "allow"],
    [NOW - 60 - 30, late],
    [NOW + 30, "allow"],
    [NOW + 31, late],
    [undefined, `${unreadable}: no claim auth_time`],
    [String(NOW), `${unreadable}: claim auth_time is a string`],
    [0, late],
  ])("is at most a minute old, with 30 s of skew: auth_time %j", (authTime, outcome) => {
    const claims = authTime === undefined ? {} : { auth_time: authTime };
    expect(judge(asked({ maxAgeSeconds: 60 }), claims)).toMatch(beginning(outcome));
  });
});

describe("one of several alternatives must be met", () => {
  const writer = alternativeOf({ requiredScopes: ["write"] });
  const admin = alternativeOf({ roles: membershipOf({ allOf: ["admin"] }) });
  const judgeAny = (claims: JsonObject, ...alternatives: readonly Alternative[]) =>
    outcomeOf(
      authorize(compileIssuer(), { ...requirementsOf(), alternatives }, { aud: AUDIENCE, ...claims }, NOTHING, NOW),
    );

  it.each<[claims: JsonObject, outcome: string | undefined]>([
    [{ scope: "write" }, undefined],
    [{ roles: ["admin"] }, undefined],
    [{ scope: "write", roles: ["admin"] }, undefined],
    [{}, "scope_insufficient"],
    [{ scope: "read", roles: ["user"] }, "scope_insufficient"],
  ])("%j: %s", (claims, expected) => {
    expect(judgeAny(claims, writer, admin)?.reason).toBe(expected);
  });

  it("and the first alternative gives the reason if none is met", () => {
    expect(judgeAny({}, admin, writer)?.reason).toBe("condition_unmet");
  });

  it.each([
    ["another audience", alternativeOf({ audiences: new Set(["other"]) })],
    ["another issuer", alternativeOf({ accept: new Set(["partner"]) })],
  ])("and an alternative for %s does not count", (_what, other) => {
    expect(judgeAny({}, other, writer)?.reason).toBe("scope_insufficient");
    expect(judgeAny({ scope: "write" }, other, writer)).toBeUndefined();
    const detail = "no alternative accepts the issuer and audience";
    expect(judgeAny({}, other)).toEqual({ reason: "internal_error", detail });
  });
});

describe("names in several claims", () => {
  const KEYCLOAK = ["/realm_access/roles", "/resource_access/shop/roles"];
  const found = (realm: unknown, client: unknown): JsonObject =>
    ({ realm_access: { roles: realm }, resource_access: { shop: { roles: client } } }) as JsonObject;
  const none = { roles: membershipOf({ noneOf: ["x"] }) };
  const all = { roles: membershipOf({ allOf: ["a", "b"] }) };
  const judgeRoles = (wanted: Partial<Alternative>, claims: JsonObject, roles: unknown = KEYCLOAK): string =>
    judge(wanted, claims, { claims: { roles } });

  it.each<[claims: JsonObject]>([
    [found(["a"], ["b"])],
    [found(["b", "c"], ["a"])],
    [found(["a", "b"], undefined)],
    [found(null, ["a", "b"])],
    [{ realm_access: { roles: ["a", "b"] } }],
    [{ realm_access: { roles: ["a", "b"] }, resource_access: null }],
    [{ realm_access: {}, resource_access: { shop: { roles: ["a", "b"] } } }],
  ])("count together: %j", (claims) => {
    expect(judgeRoles(all, claims)).toBe("allow");
  });

  const [realm, shop] = ["claim /realm_access/roles is a", "claim /resource_access/shop/roles is a"];
  it.each<[claims: JsonObject, where: string]>([
    [found(["a"], ["c"]), `${realm} list of 1 string: a, ${shop} list of 1 string: c`],
    [{ roles: ["a", "b"] }, "no claim /realm_access/roles, no claim /resource_access/shop/roles"],
    [{ resource_access: { shop: { roles: "b" } } }, `no claim /realm_access/roles, ${shop} string`],
  ])("and the log names the claims that were searched: %j", (claims, where) => {
    expect(judgeRoles(all, claims)).toMatch(/^condition_unmet: lacks role [ab]/);
    expect(judgeRoles(all, claims)).toContain(`: ${where}`);
  });

  it.each<[claims: JsonObject]>([[{}], [found([], [])], [found(["y"], null)], [{ realm_access: null }]])(
    "do not contain a name that is in none of the claims: %j",
    (claims) => expect(judgeRoles(none, claims)).toBe("allow"),
  );

  it.each<[claims: JsonObject]>([
    [found(["y"], ["x"])],
    [found("x", ["y"])],
    [found(["y"], [1])],
    [found(["y"], { y: true })],
    [found(["y"], false)],
    [found(["y"], 0)],
    [{ realm_access: ["x"] }],
    [{ realm_access: "x" }],
    [{ realm_access: { roles: ["y"] }, resource_access: { shop: ["x"] } }],
    [{ _claim_names: { realm_access: "src1" } }],
    [{ realm_access: { roles: ["y"] }, _claim_names: { resource_access: "src1" } }],
  ])("cannot be excluded if a claim contains the names, or cannot be read: %j", (claims) => {
    expect(judgeRoles(none, claims)).toMatch(/^condition_unmet: role (?:x is excluded|cannot be read): /);
  });

  it("are all unreadable if one claim cannot be read", () => {
    const detail = `lacks role a b: ${realm} list of 2 strings: a, b, ${shop} number: 1`;
    expect(judgeRoles(all, found(["a", "b"], 1))).toBe(`condition_unmet: ${detail}`);
  });

  it("work for scopes and groups as well", () => {
    const issuer = { claims: { scopes: ["scope", "scp"], groups: ["g", { claim: "h", separator: ";" }] } };
    const wanted = { scopes: membershipOf({ allOf: ["a", "b"] }), groups: membershipOf({ allOf: ["p", "q"] }) };
    expect(judge(wanted, { scope: "a c", scp: ["b"], g: "p", h: "r; q" }, issuer)).toBe("allow");
    const lacking = 'scope_insufficient: lacks scope b: claim scope is a string: "a c", no claim scp';
    expect(judge(wanted, { scope: "a c", g: "p", h: "q" }, issuer)).toBe(lacking);
  });

  it("are the names of all claims together, in any order, and unknown if one claim is unreadable", () => {
    const list = fc.array(fc.constantFrom("a", "b", "x"), { maxLength: 3 });
    const readable = fc.oneof(list, fc.constant(null), fc.constantFrom("a", "x"));
    const unreadable = fc.constantFrom<JsonObject[string]>(1, false, {}, ["a", 1], [["a"]]);
    const name = fc.oneof({ weight: 6, arbitrary: readable }, { weight: 1, arbitrary: unreadable });
    const names = fc.array(name, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, (values) => {
        const claims = Object.fromEntries(values.map((value, index) => [`c${index}`, value])) as JsonObject;
        const flat = values.flat();
        const isText = (value: unknown): boolean => [value].flat().every((one) => typeof one === "string");
        const isReadable = values.every((value) => value === null || isText(value));
        for (const places of [Object.keys(claims), Object.keys(claims).reverse()]) {
          const has = judgeRoles({ roles: membershipOf({ anyOf: ["x"] }) }, claims, places) === "allow";
          const lacks = judgeRoles(none, claims, places) === "allow";
          expect([has, lacks]).toEqual([isReadable && flat.includes("x"), isReadable && !flat.includes("x")]);
        }
      }),
    );
  });
});

describe("names in one string with a separator", () => {
  const judgeText = (roles: JsonObject[string], wanted: Partial<Membership>, separator = ","): string =>
    judge({ roles: membershipOf(wanted) }, { roles }, { claims: { roles: { claim: "roles", separator } } });

  it.each<[text: JsonObject[string], separator: string]>([
    ["a,b", ","],
    ["b, a", ","],
    [" a ,, b ,", ","],
    ["a;b", ";"],
    ["a b", " "],
    ["  b   a ", " "],
    ["b|é|a", "|"],
  ])("%j, separated by %j", (text, separator) => {
    expect(judgeText(text, { allOf: ["a", "b"] }, separator)).toBe("allow");
    expect(judgeText(text, { noneOf: ["a"] }, separator)).toContain("role a is excluded");
    expect(judgeText(text, { noneOf: ["c"] }, separator)).toBe("allow");
  });

  it("keeps spaces inside of names, and capitals", () => {
    expect(judgeText("order admin, User", { allOf: ["order admin", "User"] })).toBe("allow");
    expect(judgeText("order admin, User", { anyOf: ["admin", "user"] })).toContain("lacks role");
  });

  const tooStrange = ["a\tx", "a\nx", "a\u00a0,x", "a\u200b,x", "a\u0000", "a\u2028x"];
  it.each<JsonObject[string]>([["a", "b"], ["a,x"], ...tooStrange, 1, { a: true }, false])(
    "cannot be read in %j",
    (value) => {
      expect(judgeText(value, { noneOf: ["x"] })).toContain("role cannot be read");
      expect(judgeText(value, { allOf: ["a"] })).toContain("lacks role a");
    },
  );

  it.each<JsonObject[string]>([null, "", " , "])("has no names in %j", (value) => {
    expect(judgeText(value, { noneOf: ["a"] })).toBe("allow");
    expect(judgeText(value, { anyOf: ["a", ""] })).toContain("lacks role");
  });
});
