import { describe, expect, it } from "vitest";
import { normalizeType, validateClaims } from "../../../plugin/core/access/validate-claims.ts";
import { type JsonObject, readJsonObject } from "../../../plugin/core/json/json.ts";
import type { Alternative } from "../../../plugin/core/model/policy.ts";
import { outcomeOf, unwrap } from "../../results.ts";
import { AUDIENCE, alternativeOf, claimsOf, compileIssuer, joseHeaderOf, NOW, requirementsOf } from "../fixtures.ts";

const LAST_SECOND = 253_402_300_799; // of the year 9999

function validate(
  changes: Record<string, unknown>,
  options: { issuer?: Record<string, unknown>; audiences?: string[]; typ?: string | undefined; now?: number } = {},
): unknown {
  const requirements = requirementsOf(options.audiences ? { audiences: new Set(options.audiences) } : {});
  const header = joseHeaderOf("typ" in options ? { typ: options.typ } : {});
  const claims = unwrap(readJsonObject(JSON.stringify(claimsOf(changes))));
  return outcomeOf(validateClaims(compileIssuer(options.issuer), requirements, header, claims, options.now ?? NOW));
}

it("accepts claims that are all valid", () => {
  expect(validate({})).toBeUndefined();
});

const future = (claim: string): unknown => ({
  reason: "token_not_yet_valid",
  detail: expect.stringContaining(`${claim} lies in the future`),
});

describe.each([
  [0, "0s"],
  [30, "30s"],
  [300, "5m"],
])("with a clock skew of %i seconds", (skew, clock_skew) => {
  const at = (changes: Record<string, unknown>, now: number): unknown =>
    validate(changes, { issuer: { clock_skew }, now });

  it("refuses a token at the very second exp + clock_skew, and accepts it one second before", () => {
    expect(at({ exp: NOW }, NOW + skew - 1)).toBeUndefined();
    expect(at({ exp: NOW }, NOW + skew - 0.001)).toBeUndefined();
    expect(at({ exp: NOW }, NOW + skew)).toMatchObject({ reason: "token_expired" });
    expect(at({ exp: NOW }, NOW + skew + 1)).toMatchObject({ reason: "token_expired" });
  });

  it("accepts a token at the very second nbf - clock_skew, and refuses it one second before", () => {
    const nbf = { nbf: NOW, iat: undefined, exp: NOW + 1000 };
    expect(at(nbf, NOW - skew)).toBeUndefined();
    expect(at(nbf, NOW - skew - 0.001)).toEqual(future("nbf"));
    expect(at(nbf, NOW - skew - 1)).toEqual(future("nbf"));
  });

  it("accepts a token at the very second iat - clock_skew, and refuses it one second before", () => {
    const iat = { iat: NOW, exp: NOW + 1000 };
    expect(at(iat, NOW - skew)).toBeUndefined();
    expect(at(iat, NOW - skew - 0.001)).toEqual(future("iat"));
    expect(at(iat, NOW - skew - 1)).toEqual(future("iat"));
  });

  it("refuses a token at the very second iat + max_token_age + clock_skew, and accepts it one second before", () => {
    const aged = (now: number): unknown =>
      validate({ iat: NOW, exp: NOW + 100_000 }, { issuer: { clock_skew, max_token_age: "1h" }, now });
    expect(aged(NOW + skew + 3_599)).toBeUndefined();
    expect(aged(NOW + skew + 3_599.999)).toBeUndefined();
    expect(aged(NOW + skew + 3_600)).toEqual({
      reason: "token_too_old",
      detail: expect.stringContaining("iat is 3600 s ago or more"),
    });
  });

  it("counts fractions of a second in exp", () => {
    expect(at({ exp: NOW + 0.5 }, NOW + skew)).toBeUndefined();
    expect(at({ exp: NOW + 0.5 }, NOW + skew + 0.5)).toMatchObject({ reason: "token_expired" });
  });
});

describe("exp, nbf and iat are times in seconds", () => {
  const invalid = (name: string): unknown => ({
    reason: "claim_invalid",
    detail: expect.stringContaining(`${name} is not a time in seconds since 1970`),
  });
  const notNumbers = [null, true, "", String(NOW + 60), "2099-01-01T00:00:00Z", [NOW + 60], { exp: NOW + 60 }];

  it.each([...notNumbers, "1", [1]])("refuses exp %j", (exp) => {
    expect(validate({ exp })).toEqual(invalid("exp"));
  });
  it.each(notNumbers)("refuses nbf %j", (nbf) => {
    expect(validate({ nbf })).toEqual(invalid("nbf"));
  });
  it.each([...notNumbers, -1])("refuses iat %j", (iat) => {
    expect(validate({ iat })).toEqual(invalid("iat"));
  });

  it("refuses an exp in milliseconds, which would be valid for fifty thousand years", () => {
    expect(validate({ exp: (NOW + 60) * 1000 })).toEqual({
      reason: "claim_invalid",
      detail: expect.stringContaining("exp is not a time in seconds since 1970, but in milliseconds"),
    });
  });
  it("accepts an exp in the last second of the year 9999, but no later exp", () => {
    expect(validate({ exp: LAST_SECOND })).toBeUndefined();
    expect(validate({ exp: LAST_SECOND + 1 })).toEqual(invalid("exp"));
  });
  it.each([0, -1, -NOW])("calls an exp of %i expired", (exp) => {
    expect(validate({ exp })).toMatchObject({ reason: "token_expired" });
  });
  it("refuses a negative nbf, and accepts 0", () => {
    expect(validate({ nbf: -1 })).toEqual(invalid("nbf"));
    expect(validate({ nbf: 0 })).toBeUndefined();
  });
  it("calls an nbf in milliseconds not yet valid", () => {
    const detail = expect.stringContaining("nbf lies in the future: it is in milliseconds");
    expect(validate({ nbf: NOW * 1000 })).toEqual({ reason: "token_not_yet_valid", detail });
  });
  it("calls an iat in milliseconds not yet valid", () => {
    const detail = expect.stringContaining("iat lies in the future: it is in milliseconds");
    expect(validate({ iat: NOW * 1000 })).toEqual({ reason: "token_not_yet_valid", detail });
  });
  it("says that a number is in milliseconds if it is a time from the year 2000 to the year 9999 in milliseconds", () => {
    const from = 946_684_800_000;
    expect(validate({ exp: from - 1 })).toEqual(invalid("exp"));
    expect(validate({ exp: from })).toHaveProperty("detail", expect.stringMatching(/, but in milliseconds: /));
    expect(validate({ exp: LAST_SECOND * 1000 })).toHaveProperty("detail", expect.stringMatching(/milliseconds: /));
    expect(validate({ exp: LAST_SECOND * 1000 + 1 })).toEqual(invalid("exp"));
    expect(validate({ nbf: from - 1 })).toEqual(future("nbf"));
  });
  it("accepts a token without nbf and iat", () => {
    expect(validate({ nbf: undefined, iat: undefined })).toBeUndefined();
  });
  it("refuses a token with iat after exp, and accepts a token with iat equal to exp", () => {
    expect(validate({ iat: NOW + 20, exp: NOW + 20 })).toBeUndefined();
    expect(validate({ iat: NOW + 21, exp: NOW + 20 })).toEqual({
      reason: "claim_invalid",
      detail: expect.stringContaining("iat is after exp"),
    });
  });
});

describe("age and lifetime are limited if the issuer says so", () => {
  const bounded = { max_token_age: "1h", max_token_lifetime: "2h" };
  it.each(["max_token_age", "max_token_lifetime"])("%s needs an iat", (name) => {
    const issuer = { [name]: "1h" };
    const detail = expect.stringContaining('claim "iat" is required');
    expect(validate({ iat: undefined }, { issuer })).toEqual({ reason: "claim_missing", detail });
    const invalid = {
      reason: "claim_invalid",
      detail: expect.stringContaining("iat is not a time in seconds since 1970"),
    };
    expect(validate({ iat: "now" }, { issuer })).toEqual(invalid);
    expect(validate({ iat: null }, { issuer })).toEqual(invalid);
  });
  it("accepts a lifetime of exactly max_token_lifetime, and not a second more", () => {
    const detail = expect.stringContaining("exp is more than 7200 s after iat");
    expect(validate({ iat: NOW, exp: NOW + 7_200 }, { issuer: bounded })).toBeUndefined();
    expect(validate({ iat: NOW, exp: NOW + 7_201 }, { issuer: bounded })).toEqual({ reason: "claim_invalid", detail });
  });
  it("reports an expired token as expired, at any age", () => {
    expect(validate({ iat: NOW - 10_000, exp: NOW - 5_000 }, { issuer: bounded })).toMatchObject({
      reason: "token_expired",
    });
  });
  it("are not limited otherwise", () => {
    expect(validate({ iat: 0, exp: LAST_SECOND })).toBeUndefined();
  });
});

describe("the audience may be in a claim other than aud", () => {
  const issuer = { claims: { audience: "resource" }, audiences: ["shop"] };
  it.each<[what: string, changes: Record<string, unknown>, refused: unknown]>([
    ["a string", { resource: "shop" }, undefined],
    ["a list", { resource: ["other", "shop"] }, undefined],
    ["in aud alone", { aud: "shop" }, "the token has no resource"],
    ["another one", { resource: "other" }, "resource contains no audience that the rule accepts"],
    ["none, and no aud", { aud: undefined }, "the token has no resource"],
  ])("%s", (_what, changes, detail) => {
    expect(validate(changes, { issuer })).toEqual(
      detail && { reason: "audience_mismatch", detail: expect.stringContaining(String(detail)) },
    );
  });
});

describe("aud must contain an accepted audience", () => {
  it.each<[aud: unknown]>([[AUDIENCE], [[AUDIENCE]], [["https://other.example", AUDIENCE]]])("%j does", (aud) => {
    expect(validate({ aud })).toBeUndefined();
  });

  const holdsNone = "aud contains no audience that the rule accepts";
  it.each<[aud: unknown, detail: string]>([
    [undefined, "the token has no aud"],
    [null, holdsNone],
    ["", holdsNone],
    [0, holdsNone],
    [true, holdsNone],
    [[], holdsNone],
    [[[AUDIENCE]], holdsNone],
    [{ [AUDIENCE]: true }, holdsNone],
    [[AUDIENCE, 1], holdsNone],
    [[AUDIENCE, null], holdsNone],
    [["https://other.example"], holdsNone],
    [`${AUDIENCE}/`, holdsNone],
    [AUDIENCE.toUpperCase(), holdsNone],
    [`${AUDIENCE} https://other.example`, holdsNone],
  ])("%j does not", (aud, detail) => {
    expect(validate({ aud })).toEqual({ reason: "audience_mismatch", detail: expect.stringContaining(detail) });
  });

  it("and a rule's audiences replace those of the issuer", () => {
    expect(validate({ aud: "pay-write" }, { audiences: ["pay-write"] })).toBeUndefined();
    expect(validate({ aud: AUDIENCE }, { audiences: ["pay-write"] })).toMatchObject({ reason: "audience_mismatch" });
  });
});

it("one of several alternatives that accepts the audience is enough", () => {
  const other = alternativeOf({ audiences: new Set(["other"]) });
  const check = (...alternatives: readonly Alternative[]): unknown =>
    outcomeOf(
      validateClaims(
        compileIssuer(),
        { ...requirementsOf(), alternatives },
        joseHeaderOf(),
        claimsOf() as JsonObject,
        NOW,
      ),
    );
  expect([check(other, alternativeOf()), check(alternativeOf(), other)]).toEqual([undefined, undefined]);
  expect(check(other, other)).toMatchObject({ reason: "audience_mismatch" });
});

describe("typ must be the issuer's token_type", () => {
  const mismatch = (expected: string): unknown => ({
    reason: "token_type_mismatch",
    detail: expect.stringContaining(`typ must be ${expected}: `),
  });

  it.each(["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"])("%j is at+jwt", (typ) => {
    expect(validate({}, { typ })).toBeUndefined();
  });
  it.each([undefined, "", "JWT", "at+jwt ", "at jwt", "application/application/at+jwt", "text/at+jwt", "id+jwt"])(
    "%j is not",
    (typ) => {
      expect(validate({}, { typ })).toEqual(mismatch("at+jwt"));
    },
  );
  it.each(["JWT", "application/jwt"])("token_type %j accepts both spellings of the type", (token_type) => {
    expect(validate({}, { typ: "JWT", issuer: { token_type } })).toBeUndefined();
    expect(validate({}, { typ: "application/jwt", issuer: { token_type } })).toBeUndefined();
    expect(validate({}, { typ: "at+jwt", issuer: { token_type } })).toEqual(mismatch("jwt"));
  });
  it.each([undefined, "", "JWT", "anything"])("token_type any accepts %j", (typ) => {
    expect(validate({}, { typ, issuer: { token_type: "any" } })).toBeUndefined();
  });
  it("normalizeType returns undefined for an absent type", () => {
    expect(normalizeType(undefined)).toBeUndefined();
  });
});

describe("required claims must have a value", () => {
  const missing = (name: string): unknown => ({
    reason: "claim_missing",
    detail: expect.stringContaining(`claim "${name}" is required`),
  });

  it("exp always", () => {
    expect(validate({ exp: undefined })).toEqual(missing("exp"));
  });
  it.each<[reference: string, changes: Record<string, unknown>]>([
    ["client_id", {}],
    ["/realm_access/roles", { realm_access: {} }],
    ["/realm_access/roles", { realm_access: "roles" }],
    ["/groups/1", { groups: ["admin"] }],
    ["/groups/00", { groups: ["admin"] }],
    ["/a~1b/m~0n", { "a/b": { "m~1n": true } }],
    ["toString", {}],
    ["__proto__", {}],
  ])("refuses a token without %s: %j", (reference, changes) => {
    expect(validate(changes, { issuer: { required_claims: [reference] } })).toEqual(missing(reference));
  });
  it.each<[reference: string, changes: Record<string, unknown>]>([
    ["client_id", { client_id: "shop" }],
    ["level", { level: false }],
    ["level", { level: 0 }],
    ["/realm_access/roles", { realm_access: { roles: ["a"] } }],
    ["/a~1b/m~0n", { "a/b": { "m~n": true } }],
    ["/groups/0", { groups: ["admin"] }],
    ["https://example.com/tenant", { "https://example.com/tenant": "acme" }],
  ])("accepts a token with %s: %j", (reference, changes) => {
    expect(validate(changes, { issuer: { required_claims: [reference] } })).toBeUndefined();
  });
});

it("a claim need not have a value if the issuer allows or requires it to be absent", () => {
  const issuer = {
    required_claims: { nbf_id: { absent: true }, status: { not: { equals: "off" }, absent: "allowed" } },
  };
  expect(validate({}, { issuer })).toBeUndefined();
  expect(validate({ status: "on" }, { issuer })).toBeUndefined();
  expect(validate({ status: "off" }, { issuer })).toHaveProperty("reason", "claim_invalid");
  expect(validate({ nbf_id: "x" }, { issuer })).toEqual({
    reason: "claim_invalid",
    detail: 'claim "nbf_id" must be absent, but it is a string: x',
  });
});

describe("a claim that the issuer requires", () => {
  it.each([null, "", "   ", "\t\n", "\u00a0", "\u200b", [], {}, [""], [null, [" "]], { a: "" }])(
    "has no value when it is %j",
    (level) => {
      expect(validate({ level }, { issuer: { required_claims: ["level"] } })).toEqual({
        reason: "claim_missing",
        detail: expect.stringContaining('claim "level" has no value'),
      });
    },
  );
});

describe("an issuer's conditions apply to each of its tokens", () => {
  const issuer = { required_claims: { token_use: { equals: "access" }, level: { min: 2 }, sub: {} } };
  const good = { token_use: "access", level: 2 };
  it.each<[what: string, changes: Record<string, unknown>, denial: unknown]>([
    ["all met", good, undefined],
    [
      "another value",
      { ...good, token_use: "id" },
      { reason: "claim_invalid", detail: expect.stringContaining('claim "token_use" does not meet equals') },
    ],
    [
      "a number too low",
      { ...good, level: 1 },
      { reason: "claim_invalid", detail: expect.stringContaining('claim "level" does not meet min') },
    ],
    [
      "a claim is missing",
      { level: 2 },
      { reason: "claim_missing", detail: expect.stringContaining('claim "token_use" is required') },
    ],
    [
      "a claim is blank",
      { ...good, token_use: " " },
      { reason: "claim_missing", detail: expect.stringContaining('claim "token_use" has no value') },
    ],
    [
      "a claim without a test is missing",
      { ...good, sub: undefined },
      expect.objectContaining({ reason: "claim_missing" }),
    ],
    [
      "a wrong type is found first",
      { token_use: "id", level: 2, jti: 7 },
      { reason: "claim_invalid", detail: expect.stringContaining("jti is not a string") },
    ],
  ])("%s", (_what, changes, denial) => {
    expect(validate(changes, { issuer })).toEqual(denial);
  });
});

describe("registered claims have their registered types", () => {
  const wrong = (name: string, type: string): unknown => ({
    reason: "claim_invalid",
    detail: expect.stringContaining(`${name} is not ${type}`),
  });
  const any = { issuer: { token_type: "any" } };

  it.each(["sub", "jti", "client_id", "azp", "nonce", "sid"])("%s is a string", (name) => {
    expect(validate({ [name]: "1" })).toBeUndefined();
    for (const value of [1, true, null, ["1"], [], { id: "1" }]) {
      expect(validate({ [name]: value })).toEqual(wrong(name, "a string"));
      expect(validate({ [name]: value }, any)).toEqual(wrong(name, "a string"));
    }
  });

  it("scope is a string or a list of strings", () => {
    expect([validate({ scope: "a b" }), validate({ scope: ["a", "b"] }), validate({ scope: [] })]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    for (const scope of [1, null, { a: true }, ["a", 1], [["a"]]]) {
      expect(validate({ scope })).toEqual(wrong("scope", "a string or a list of strings"));
    }
  });

  it("aud is a string or a list of strings, even if another claim contains the audience", () => {
    const issuer = { claims: { audience: "client_id" }, audiences: ["shop"] };
    for (const aud of [1, null, {}, ["a", null]]) {
      const expected = wrong("aud", "a string or a list of strings");
      expect(validate({ client_id: "shop", aud }, { issuer })).toEqual(expected);
    }
  });

  it("client_id is a string, even if it contains the audience", () => {
    const issuer = { claims: { audience: "client_id" }, audiences: ["shop"] };
    expect(validate({ client_id: "shop" }, { issuer })).toBeUndefined();
    expect(validate({ client_id: ["shop"] }, { issuer })).toEqual(wrong("client_id", "a string"));
  });

  it.each(["act", "may_act"])("%s is an object", (name) => {
    expect(validate({ [name]: { sub: "service" } })).toBeUndefined();
    for (const value of ["service", ["service"], null, 1, 1e300]) {
      expect(validate({ [name]: value })).toEqual(wrong(name, "an object"));
    }
  });

  it.each<[name: string, type: string, good: unknown, bad: readonly unknown[]]>([
    ["auth_time", "a time in seconds since 1970", NOW - 10, ["2026-11-29T12:00:00Z", null, -1, [NOW]]],
    ["acr", "a string", "gold", [1, ["gold"], { values: [] }, null]],
    ["amr", "a list of strings", ["pwd"], ["pwd", [{ method: "password" }], null, { 0: "pwd" }]],
  ])("%s is %s in an at+jwt (RFC 9068), and may have any type in other tokens", (name, type, good, bad) => {
    expect(validate({ [name]: good })).toBeUndefined();
    for (const value of bad) {
      expect(validate({ [name]: value })).toEqual(wrong(name, type));
      expect(validate({ [name]: value }, { ...any, typ: "application/AT+JWT" })).toEqual(wrong(name, type));
      expect(validate({ [name]: value }, { ...any, typ: "JWT" })).toBeUndefined();
    }
  });
});

it("reports the first of several failures in the order of the denial table", () => {
  const faults: readonly (readonly [reason: string, fault: Record<string, unknown>])[] = [
    ["audience_mismatch", { aud: "other" }],
    ["token_not_yet_valid", { nbf: NOW + 1000 }],
    ["token_expired", { exp: NOW - 1000 }],
    ["token_too_old", { iat: NOW - 5000 }],
    ["claim_missing", { sub: undefined }],
    ["claim_invalid", { jti: 7 }],
  ];
  const issuer = { required_claims: ["sub"], max_token_age: "1h" };
  const all = Object.assign({}, ...faults.map(([, fault]) => fault));
  expect(validate(all, { issuer, typ: "JWT" })).toMatchObject({ reason: "token_type_mismatch" });
  for (const [index, [reason]] of faults.entries()) {
    const rest = Object.assign({}, ...faults.slice(index).map(([, fault]) => fault));
    expect(validate(rest, { issuer })).toMatchObject({ reason });
  }
});

describe("a token that is bound to a key (RFC 7800)", () => {
  const detail = expect.stringContaining("cnf binds the token to a key, and the plugin does not check who has the key");
  const accepting = { issuer: { bound_tokens: "accept" } };
  it.each([{ jkt: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" }, { "x5t#S256": "a" }, {}])(
    "by cnf %j is refused, unless the policy says that a proxy checks the key",
    (cnf) => {
      expect(validate({ cnf })).toEqual({ reason: "claim_invalid", detail });
      expect(validate({ cnf }, accepting)).toBeUndefined();
    },
  );
  it.each([null, "x", []])("by cnf %j, which is not an object, is always refused", (cnf) => {
    expect(validate({ cnf })).toEqual({ reason: "claim_invalid", detail });
    expect(validate({ cnf }, accepting)).toEqual({
      reason: "claim_invalid",
      detail: expect.stringContaining("cnf is not an object"),
    });
  });
});

it("rounds times with more digits than a double can have", () => {
  const at = (payload: string, issuer: Record<string, unknown> = {}): unknown => {
    const claims = unwrap(readJsonObject(payload));
    return outcomeOf(validateClaims(compileIssuer(issuer), requirementsOf(), joseHeaderOf(), claims, NOW));
  };
  const base = JSON.stringify(claimsOf({ exp: undefined })).slice(0, -1);
  expect(at(`${base},"exp":${NOW + 30}.123456789012345678}`)).toBeUndefined();
  expect(at(`${base},"exp":${NOW - 31}.123456789012345678}`)).toMatchObject({ reason: "token_expired" });
  expect(at(`${base},"exp":${NOW + 30},"auth_time":${NOW}.12345678901234567890}`)).toBeUndefined();
});
