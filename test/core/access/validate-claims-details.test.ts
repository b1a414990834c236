import { describe, expect, it } from "vitest";
import { chooseEntry, validateClaims } from "../../../plugin/core/access/validate-claims.ts";
import type { JsonObject } from "../../../plugin/core/json/json.ts";
import { listIssuers } from "../../../plugin/core/model/issuer-template.ts";
import type { Alternative, CompiledIssuer } from "../../../plugin/core/model/policy.ts";
import { outcomeOf } from "../../results.ts";
import { generateSigningKey } from "../../tokens.ts";
import {
  AUDIENCE,
  alternativeOf,
  claimsOf,
  compileDocument,
  compileIssuer,
  ISSUER,
  inlineIssuer,
  joseHeaderOf,
  NOW,
  policyDocument,
  requirementsOf,
} from "../fixtures.ts";

const DATE = "(2027-01-15T08:00:00Z)";
const EXPECTED = `accepted: ${AUDIENCE}`;

interface Options {
  readonly issuer?: CompiledIssuer;
  readonly typ?: string | undefined;
  readonly alternatives?: readonly Alternative[];
}

/** The text in the log about a token with these claims; undefined if the token is valid. */
function describeRefusal(changes: Record<string, unknown>, options: Options = {}): unknown {
  const { issuer = compileIssuer(), alternatives = [alternativeOf()] } = options;
  const header = joseHeaderOf("typ" in options ? { typ: options.typ } : {});
  const requirements = { ...requirementsOf(), alternatives };
  const claims = JSON.parse(JSON.stringify(claimsOf(changes))) as JsonObject;
  return outcomeOf(validateClaims(issuer, requirements, header, claims, NOW))?.detail;
}

describe("the log says", () => {
  it.each<[changes: Record<string, unknown>, issuer: Record<string, unknown>, detail: string | undefined]>([
    [{ aud: undefined }, {}, `the token has no aud: no claim aud; ${EXPECTED}`],
    [{ aud: "x" }, {}, `aud contains no audience that the rule accepts: it is a string: x; ${EXPECTED}`],
    [
      { aud: `${AUDIENCE}/` },
      {},
      `aud contains no audience that the rule accepts: it is a string: ${AUDIENCE}/; ${EXPECTED}; it differs only by the trailing slash`,
    ],
    [{ aud: ["x"] }, {}, `aud contains no audience that the rule accepts: it is a list of 1 string: x; ${EXPECTED}`],
    [{ exp: undefined }, {}, 'claim "exp" is required: no claim exp'],
    [{ iat: undefined }, { max_token_age: "1h" }, 'claim "iat" is required: no claim iat'],
    [{}, { required_claims: ["/a/b"] }, 'claim "/a/b" is required: no claim /a/b'],
    [{ a: "" }, { required_claims: ["a"] }, 'claim "a" has no value: it is an empty string'],
    [
      { a: "b" },
      { required_claims: { a: { equals: "c" } } },
      'claim "a" does not meet equals: it is a string: b, and must be c',
    ],
    [{ exp: NOW - 40 }, {}, `exp lies in the past: ${NOW - 40} (2027-01-15T07:59:20Z), 40 s ago; clock_skew is 30 s`],
    [{ exp: NOW }, { clock_skew: "0s" }, `exp lies in the past: ${NOW} ${DATE}, 0 s ago; clock_skew is 0 s`],
    [
      { exp: NOW - 0.25 },
      { clock_skew: "0s" },
      `exp lies in the past: ${NOW - 0.25} (2027-01-15T07:59:59Z), 0.25 s ago; clock_skew is 0 s`,
    ],
    [
      { exp: NOW - 10.25 },
      { clock_skew: "0s" },
      `exp lies in the past: ${NOW - 10.25} (2027-01-15T07:59:49Z), 10 s ago; clock_skew is 0 s`,
    ],
    [{ exp: -1 }, {}, "exp lies in the past: -1, 1800000001 s ago; clock_skew is 30 s"],
    [{ nbf: NOW + 40 }, {}, `nbf lies in the future: ${NOW + 40} (2027-01-15T08:00:40Z), in 40 s; clock_skew is 30 s`],
    [
      { nbf: NOW + 0.0004 },
      { clock_skew: "0s" },
      `nbf lies in the future: ${NOW + 0.0004} ${DATE}, in 0 s; clock_skew is 0 s`,
    ],
    [{ iat: NOW + 31 }, {}, `iat lies in the future: ${NOW + 31} (2027-01-15T08:00:31Z), in 31 s; clock_skew is 30 s`],
    [{ iat: NOW * 1000 }, {}, `iat lies in the future: it is in milliseconds: ${NOW * 1000}`],
    [
      { iat: NOW - 100 },
      { max_token_age: "1m" },
      `iat is 60 s ago or more: ${NOW - 100} (2027-01-15T07:58:20Z), 100 s ago; clock_skew is 30 s; max_token_age is 60 s`,
    ],
    [
      { iat: NOW, exp: NOW + 7_201.4 },
      { max_token_lifetime: "2h" },
      "exp is more than 7200 s after iat: 7201 s; max_token_lifetime is 7200 s",
    ],
    [{ exp: "x" }, {}, "exp is not a time in seconds since 1970: it is a string: x"],
    [
      { exp: (NOW + 60) * 1000 },
      {},
      `exp is not a time in seconds since 1970, but in milliseconds: it is a number: ${(NOW + 60) * 1000}`,
    ],
    [{ iat: NOW + 21, exp: NOW + 20 }, {}, `iat is after exp: ${NOW + 21} is after ${NOW + 20}`],
    [{ cnf: "x" }, { bound_tokens: "accept" }, "cnf is not an object: it is a string: x"],
    [{ iss: 1 }, {}, "iss is not a string: it is a number: 1"],
    [{ auth_time: 0 }, {}, undefined],
  ])("of %j, for an issuer with %j", (changes, issuer, detail) => {
    expect(describeRefusal(changes, { issuer: compileIssuer(issuer) })).toBe(detail);
  });

  it.each<[typ: string | undefined, token_type: unknown, detail: string]>([
    ["JWT", "at+jwt", "typ must be at+jwt: it is jwt"],
    [undefined, "at+jwt", "typ must be at+jwt: the token has no typ"],
    ["x", ["at+jwt", "JWT"], "typ must be at+jwt or jwt: it is x"],
  ])("of typ %j, for an issuer with token_type %j", (typ, token_type, detail) => {
    expect(describeRefusal({}, { typ, issuer: compileIssuer({ token_type }) })).toBe(detail);
  });

  it("only the audiences of alternatives that accept the issuer", () => {
    const alternatives = [
      alternativeOf({ audiences: new Set(["own"]) }),
      alternativeOf({ accept: new Set(["partner"]), audiences: new Set(["of-partner"]) }),
      alternativeOf(),
    ];
    const detail = `aud contains no audience that the rule accepts: it is a string: x; accepted: own, ${AUDIENCE}`;
    expect(describeRefusal({ aud: "x" }, { alternatives })).toBe(detail);
  });
});

describe("the tenant claim of an issuer with tenants", () => {
  const TENANTS = "https://login.example.com/{tenant}";
  const judge = (iss: string, tid: unknown): unknown => {
    const settings = inlineIssuer([generateSigningKey("ES256", "1")], { issuer: TENANTS, tenants: ["*"] });
    const [issuer = compileIssuer()] = listIssuers(compileDocument(policyDocument(settings)));
    return describeRefusal({ iss, tid }, { issuer });
  };

  it("must be the tenant in iss", () => {
    expect(judge("https://login.example.com/a", "a")).toBeUndefined();
    const detail = "tid must be the tenant in iss: claim tid is a string: b, expected a";
    expect(judge("https://login.example.com/a", "b")).toBe(detail);
    expect(judge("https://login.example.com/a", undefined)).toBe(
      "tid must be the tenant in iss: no claim tid, expected a",
    );
  });
});

describe("of several entries of an issuer", () => {
  const entry = (use: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
    ...{ issuer: ISSUER, audiences: [AUDIENCE], token_type: "any" },
    required_claims: { use: { equals: use } },
    ...changes,
  });
  /** The id of the chosen entry, and the failure. */
  const choose = (
    issuers: Record<string, unknown>,
    use: string,
    accept: readonly string[] = Object.keys(issuers),
    typ = "at+jwt",
  ): unknown => {
    const policy = compileDocument(policyDocument({}, { issuers, defaults: { accept: Object.keys(issuers) } }));
    const first = policy.issuers.get(ISSUER) ?? compileIssuer();
    const requirements = requirementsOf({ accept: new Set(accept) });
    const claims = claimsOf({ use }) as JsonObject;
    const { entry: chosen, valid } = chooseEntry(first, requirements, joseHeaderOf({ typ }), claims, NOW);
    return [chosen.id, outcomeOf(valid)?.reason];
  };
  const both = { one: entry("a"), two: entry("b") };

  it("the entry whose conditions the token meets is chosen, among those that the rule accepts", () => {
    expect(choose(both, "a")).toEqual(["one", undefined]);
    expect(choose(both, "b")).toEqual(["two", undefined]);
    expect(choose(both, "a", ["two"])).toEqual(["two", "claim_invalid"]);
  });

  it("the entry for which the token passes the most checks gives the reason, or else the first entry", () => {
    expect(choose(both, "c")).toEqual(["one", "claim_invalid"]);
    const typed = entry("a", { token_type: "JWT" });
    expect(choose({ one: typed, two: entry("b") }, "c")).toEqual(["two", "claim_invalid"]);
    expect(choose({ one: entry("b"), two: typed }, "c")).toEqual(["one", "claim_invalid"]);
    expect(choose({ one: typed, two: entry("b", { token_type: "JWT" }) }, "c")).toEqual(["one", "token_type_mismatch"]);
  });

  it("none is chosen if the rule accepts none, which is a defect", () => {
    const policy = compileDocument(policyDocument({}, { issuers: both, defaults: { accept: ["one", "two"] } }));
    const first = policy.issuers.get(ISSUER) ?? compileIssuer();
    const { valid } = chooseEntry(first, requirementsOf(), joseHeaderOf(), claimsOf() as JsonObject, NOW);
    const detail = "the rule accepts no entry of the issuer";
    expect(outcomeOf(valid)).toEqual({ reason: "internal_error", detail });
  });
});
