import { describe, expect, it } from "vitest";
import { normalizeType, validateClaims } from "../../../plugin/core/access/validate-claims.ts";
import { type JsonObject, readJsonObject } from "../../../plugin/core/json/json.ts";
import type { Alternative } from "../../../plugin/core/model/policy.ts";
import { denied } from "../../denials.ts";
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
const invalid = (detail: string): unknown => denied("claim_invalid", detail);
const missing = (name: string): unknown => denied("claim_missing", `claim "${name}" is required`);
const future = (claim: string): unknown => denied("token_not_yet_valid", `${claim} lies in the future`);
const expired = expect.objectContaining({ reason: "token_expired" });

it("accepts claims that are all valid, also without nbf and iat", () => {
  expect(validate({})).toBeUndefined();
  expect(validate({ nbf: undefined, iat: undefined })).toBeUndefined();
});

describe.each([
  [0, "0s"],
  [30, "30s"],
  [300, "5m"],
])("with a clock skew of %i seconds", (skew, clock_skew) => {
  const at = (changes: Record<string, unknown>, now: number): unknown =>
    validate(changes, { issuer: { clock_skew }, now });

  it("refuses a token at exactly exp + clock_skew, and accepts it one second before", () => {
    expect(at({ exp: NOW }, NOW + skew - 1)).toBeUndefined();
    expect(at({ exp: NOW }, NOW + skew - 0.001)).toBeUndefined();
    expect(at({ exp: NOW }, NOW + skew)).toEqual(expired);
    expect(at({ exp: NOW }, NOW + skew + 1)).toEqual(expired);
  });

  it.each<[name: string, claims: Record<string, unknown>]>([
    ["nbf", { nbf: NOW, iat: undefined, exp: NOW + 1000 }],
    ["iat", { iat: NOW, exp: NOW + 1000 }],
  ])("accepts a token at exactly %s - clock_skew, and refuses it one second before", (name, claims) => {
    expect(at(claims, NOW - skew)).toBeUndefined();
    expect(at(claims, NOW - skew - 0.001)).toEqual(future(name));
    expect(at(claims, NOW - skew - 1)).toEqual(future(name));
  });

  it("refuses a token at exactly iat + max_token_age + clock_skew, and accepts it one second before", () => {
    const aged = (now: number): unknown =>
      validate({ iat: NOW, exp: NOW + 100_000 }, { issuer: { clock_skew, max_token_age: "1h" }, now });
    expect(aged(NOW + skew + 3_599)).toBeUndefined();
    expect(aged(NOW + skew + 3_599.999)).toBeUndefined();
    expect(aged(NOW + skew + 3_600)).toEqual(denied("token_too_old", "iat is 3600 s ago or more"));
  });

  it("counts fractions of a second in exp", () => {
    expect(at({ exp: NOW + 0.5 }, NOW + skew)).toBeUndefined();
    expect(at({ exp: NOW + 0.5 }, NOW + skew + 0.5)).toEqual(expired);
  });
});

describe("exp, nbf and iat are times in seconds", () => {
  const noTime = (name: string): unknown => invalid(`${name} is not a time in seconds since 1970`);
  const notNumbers = [null, true, "", String(NOW + 60), "2099-01-01T00:00:00Z", [NOW + 60], { exp: NOW + 60 }];

  it.each<[name: string, values: readonly unknown[]]>([
    ["exp", [...notNumbers, "1", [1]]],
    ["nbf", notNumbers],
    ["iat", [...notNumbers, -1]],
  ])("refuses %s with any of the values %j", (name, values) => {
    for (const value of values) {
      expect(validate({ [name]: value }), JSON.stringify(value)).toEqual(noTime(name));
    }
  });

  const inMilliseconds = invalid("exp is not a time in seconds since 1970, but in milliseconds");
  const year2000 = 946_684_800_000;
  it.each<[what: string, changes: Record<string, unknown>, expected: unknown]>([
    ["an exp in milliseconds, which would be valid for thousands of years", { exp: (NOW + 60) * 1000 }, inMilliseconds],
    ["an exp in the last second of the year 9999", { exp: LAST_SECOND }, undefined],
    ["a later exp", { exp: LAST_SECOND + 1 }, noTime("exp")],
    ["an exp of 0", { exp: 0 }, expired],
    ["an exp of -1", { exp: -1 }, expired],
    ["an exp long before 1970", { exp: -NOW }, expired],
    ["a negative nbf", { nbf: -1 }, noTime("nbf")],
    ["an nbf of 0", { nbf: 0 }, undefined],
    ["an nbf in milliseconds", { nbf: NOW * 1000 }, future("nbf")],
    ["an iat in milliseconds", { iat: NOW * 1000 }, future("iat")],
    ["an iat equal to exp", { iat: NOW + 20, exp: NOW + 20 }, undefined],
    ["an iat after exp", { iat: NOW + 21, exp: NOW + 20 }, invalid("iat is after exp")],
    ["an exp of the year 2000 in milliseconds", { exp: year2000 }, inMilliseconds],
    ["an exp a moment earlier", { exp: year2000 - 1 }, noTime("exp")],
    ["an exp at the end of the year 9999 in milliseconds", { exp: LAST_SECOND * 1000 }, inMilliseconds],
    ["an exp a moment later", { exp: LAST_SECOND * 1000 + 1 }, noTime("exp")],
    ["an nbf a moment before the year 2000 in milliseconds", { nbf: year2000 - 1 }, future("nbf")],
  ])("%s: %j", (_what, changes, expected) => {
    expect(validate(changes)).toEqual(expected);
  });

  it("and the log says if the number is a time in milliseconds", () => {
    for (const name of ["nbf", "iat"]) {
      const detail = `${name} lies in the future: it is in milliseconds`;
      expect(validate({ [name]: NOW * 1000 })).toEqual(denied("token_not_yet_valid", detail));
    }
    const plain = expect.not.stringContaining("milliseconds");
    expect(validate({ exp: year2000 - 1 })).toHaveProperty("detail", plain);
    expect(validate({ exp: LAST_SECOND * 1000 + 1 })).toHaveProperty("detail", plain);
  });
});

describe("age and lifetime are limited if the issuer's settings limit them", () => {
  const bounded = { max_token_age: "1h", max_token_lifetime: "2h" };
  it.each(["max_token_age", "max_token_lifetime"])("%s needs an iat", (name) => {
    const issuer = { [name]: "1h" };
    expect(validate({ iat: undefined }, { issuer })).toEqual(missing("iat"));
    for (const iat of ["now", null]) {
      expect(validate({ iat }, { issuer })).toEqual(invalid("iat is not a time in seconds since 1970"));
    }
  });
  it("accepts a lifetime of exactly max_token_lifetime, and not a second more", () => {
    const longer = invalid("exp is more than 7200 s after iat");
    expect(validate({ iat: NOW, exp: NOW + 7_200 }, { issuer: bounded })).toBeUndefined();
    expect(validate({ iat: NOW, exp: NOW + 7_201 }, { issuer: bounded })).toEqual(longer);
  });
  it("reports an expired token as expired, at any age", () => {
    expect(validate({ iat: NOW - 10_000, exp: NOW - 5_000 }, { issuer: bounded })).toEqual(expired);
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
    const text = String(detail);
    expect(validate(changes, { issuer })).toEqual(detail && denied("audience_mismatch", text));
  });
});

describe("aud must contain an accepted audience", () => {
  const other = "https://other.example";
  it.each<unknown>([AUDIENCE, [AUDIENCE], [other, AUDIENCE]])("%j does", (aud) => {
    expect(validate({ aud })).toBeUndefined();
  });

  const lists = [[], [[AUDIENCE]], [AUDIENCE, 1], [AUDIENCE, null], [other]];
  const texts = ["", `${AUDIENCE}/`, AUDIENCE.toUpperCase(), `${AUDIENCE} ${other}`];
  it.each<unknown>([null, 0, true, { [AUDIENCE]: true }, ...lists, ...texts])("%j does not", (aud) => {
    expect(validate({ aud })).toEqual(denied("audience_mismatch", "aud contains no audience that the rule accepts"));
  });

  it("and must not be missing", () => {
    expect(validate({ aud: undefined })).toEqual(denied("audience_mismatch", "the token has no aud"));
  });

  it("and a rule's audiences replace those of the issuer", () => {
    expect(validate({ aud: "pay-write" }, { audiences: ["pay-write"] })).toBeUndefined();
    expect(validate({ aud: AUDIENCE }, { audiences: ["pay-write"] })).toMatchObject({ reason: "audience_mismatch" });
  });
});

it("one of several alternatives that accepts the audience is enough", () => {
  const other = alternativeOf({ audiences: new Set(["other"]) });
  const check = (...alternatives: readonly Alternative[]): unknown => {
    const requirements = { ...requirementsOf(), alternatives };
    return outcomeOf(validateClaims(compileIssuer(), requirements, joseHeaderOf(), claimsOf() as JsonObject, NOW));
  };
  expect([check(other, alternativeOf()), check(alternativeOf(), other)]).toEqual([undefined, undefined]);
  expect(check(other, other)).toMatchObject({ reason: "audience_mismatch" });
});

describe("typ must be the issuer's token_type", () => {
  const mismatch = (expected: string): unknown => denied("token_type_mismatch", `typ must be ${expected}: `);
  const others = ["", "JWT", "at+jwt ", "at jwt", "application/application/at+jwt", "text/at+jwt", "id+jwt"];

  it.each(["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT"])("%j is at+jwt", (typ) => {
    expect(validate({}, { typ })).toBeUndefined();
  });
  it.each([undefined, ...others])("%j is not", (typ) => {
    expect(validate({}, { typ })).toEqual(mismatch("at+jwt"));
  });
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
  it("exp is always required", () => {
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
  const status = { not: { equals: "off" }, absent: "allowed" };
  const issuer = { required_claims: { nbf_id: { absent: true }, status } };
  expect(validate({}, { issuer })).toBeUndefined();
  expect(validate({ status: "on" }, { issuer })).toBeUndefined();
  expect(validate({ status: "off" }, { issuer })).toHaveProperty("reason", "claim_invalid");
  expect(validate({ nbf_id: "x" }, { issuer })).toEqual(
    invalid('claim "nbf_id" must be absent, but it is a string: x'),
  );
});

describe("a claim that the issuer requires", () => {
  const blanks = ["", "   ", "\t\n", "\u00a0", "\u200b"];
  it.each<unknown>([null, ...blanks, [], {}, [""], [null, [" "]], { a: "" }])("has no value when it is %j", (level) => {
    const denial = denied("claim_missing", 'claim "level" has no value');
    expect(validate({ level }, { issuer: { required_claims: ["level"] } })).toEqual(denial);
  });
});

describe("an issuer's conditions apply to each of its tokens", () => {
  const issuer = { required_claims: { token_use: { equals: "access" }, level: { min: 2 }, sub: {} } };
  const good = { token_use: "access", level: 2 };
  it.each<[what: string, changes: Record<string, unknown>, denial: unknown]>([
    ["all met", good, undefined],
    ["another value", { ...good, token_use: "id" }, invalid('claim "token_use" does not meet equals')],
    ["a number too low", { ...good, level: 1 }, invalid('claim "level" does not meet min')],
    ["a claim is missing", { level: 2 }, missing("token_use")],
    ["a claim is blank", { ...good, token_use: " " }, denied("claim_missing", 'claim "token_use" has no value')],
    ["a claim without a test is missing", { ...good, sub: undefined }, missing("sub")],
    ["a wrong type is found first", { token_use: "id", level: 2, jti: 7 }, invalid("jti is not a string")],
  ])("%s", (_what, changes, denial) => {
    expect(validate(changes, { issuer })).toEqual(denial);
  });
});

describe("registered claims have their registered types", () => {
  const wrong = (name: string, type: string): unknown => invalid(`${name} is not ${type}`);
  const any = { issuer: { token_type: "any" } };

  it.each(["sub", "jti", "client_id", "azp", "nonce", "sid"])("%s is a string", (name) => {
    expect(validate({ [name]: "1" })).toBeUndefined();
    for (const value of [1, true, null, ["1"], [], { id: "1" }]) {
      expect(validate({ [name]: value })).toEqual(wrong(name, "a string"));
      expect(validate({ [name]: value }, any)).toEqual(wrong(name, "a string"));
    }
  });

  it("scope is a string or a list of strings", () => {
    for (const scope of ["a b", ["a", "b"], []]) {
      expect(validate({ scope })).toBeUndefined();
    }
    for (const scope of [1, null, { a: true }, ["a", 1], [["a"]]]) {
      expect(validate({ scope })).toEqual(wrong("scope", "a string or a list of strings"));
    }
  });

  it("aud and client_id have their types, even if client_id contains the audience", () => {
    const issuer = { claims: { audience: "client_id" }, audiences: ["shop"] };
    for (const aud of [1, null, {}, ["a", null]]) {
      const expected = wrong("aud", "a string or a list of strings");
      expect(validate({ client_id: "shop", aud }, { issuer })).toEqual(expected);
    }
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
  const bound = invalid("cnf binds the token to a key, and the plugin does not check who has the key");
  const accepting = { issuer: { bound_tokens: "accept" } };
  it.each([{ jkt: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" }, { "x5t#S256": "a" }, {}])(
    "by cnf %j is refused, unless the policy says that a proxy checks the key",
    (cnf) => {
      expect(validate({ cnf })).toEqual(bound);
      expect(validate({ cnf }, accepting)).toBeUndefined();
    },
  );
  it.each<unknown>([null, "x", []])("by cnf %j, which is not an object, is always refused", (cnf) => {
    expect(validate({ cnf })).toEqual(bound);
    expect(validate({ cnf }, accepting)).toEqual(invalid("cnf is not an object"));
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
