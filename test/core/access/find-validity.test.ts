import { describe, expect, it } from "vitest";
import { findValidity } from "../../../plugin/core/access/find-validity.ts";
import { ALWAYS_VALID } from "../../../plugin/core/model/decision.ts";
import { alternativeOf, compileIssuer, NOW, requirementsOf } from "../fixtures.ts";

const RECENT = { acrValues: [], amr: [] };
const issuer = compileIssuer({ clock_skew: "5s", max_token_age: "60s" });
const lenient = compileIssuer({ clock_skew: "0s" });

describe("an Allow is valid until the first time at which a check may have a different result", () => {
  it.each<[what: string, claims: Record<string, unknown>, after: number, before: number]>([
    ["exp, with the clock skew", { exp: NOW + 30 }, Number.NEGATIVE_INFINITY, 34.999],
    ["nbf in the past", { exp: NOW + 30, nbf: NOW - 10 }, -14.999, 34.999],
    ["nbf in the future, within the clock skew", { exp: NOW + 30, nbf: NOW + 3 }, -1.999, 34.999],
    ["the largest age, before exp", { exp: NOW + 300, iat: NOW - 50 }, -54.999, 14.999],
    ["exp, before the largest age", { exp: NOW + 1, iat: NOW - 50 }, -54.999, 5.999],
    ["a fraction", { exp: NOW + 0.5 }, Number.NEGATIVE_INFINITY, 5.499],
  ])("%s", (_what, claims, after, before) => {
    const validity = findValidity(issuer, requirementsOf(), claims as never, NOW);
    expect((validity?.after ?? 0) - NOW).toBeCloseTo(after, 5);
    expect((validity?.before ?? 0) - NOW).toBeCloseTo(before, 5);
  });

  it("the age of the login, in every alternative", () => {
    const alternatives = [20, 7, undefined].map((age) =>
      alternativeOf(age === undefined ? {} : { authentication: { ...RECENT, maxAgeSeconds: age } }),
    );
    const requirements = { ...requirementsOf(), alternatives };
    const validity = findValidity(lenient, requirements, { auth_time: NOW - 5 } as never, NOW);
    expect(validity?.after).toBeCloseTo(NOW - 4.999, 5);
    expect(validity?.before).toBeCloseTo(NOW + 1.999, 5);
  });

  it("the age of the login, with the clock skew", () => {
    const requirements = requirementsOf({ authentication: { ...RECENT, maxAgeSeconds: 20 } });
    const validity = findValidity(issuer, requirements, { auth_time: NOW - 7 } as never, NOW);
    expect(validity?.after).toBeCloseTo(NOW - 11.999, 5);
    expect(validity?.before).toBeCloseTo(NOW + 17.999, 5);
  });

  it("for ever, if the token has no times", () => {
    expect(findValidity(lenient, requirementsOf(), {} as never, NOW)).toEqual(ALWAYS_VALID);
  });
});

describe("a token is judged again each time", () => {
  it.each<[what: string, claims: Record<string, unknown>]>([
    ["at the edge itself", { exp: NOW + 300, iat: NOW }],
    ["within a millisecond of the edge", { exp: NOW + 300, iat: NOW - 0.0005 }],
    ["within a millisecond before the edge", { exp: NOW + 0.0005 }],
    ["if it is bound to a key", { exp: NOW + 300, cnf: { jkt: "x" } }],
    ["if it claims to be bound, in any form", { exp: NOW + 300, cnf: null }],
  ])("%s", (_what, claims) => {
    expect(findValidity(lenient, requirementsOf(), claims as never, NOW)).toBeUndefined();
  });

  it.each<[nowSeconds: number, claims: Record<string, unknown>]>([
    [0, { exp: 0.001 }],
    [0.001, { iat: 0 }],
  ])("exactly a millisecond from the edge: at %f, for %j", (nowSeconds, claims) => {
    expect(findValidity(lenient, requirementsOf(), claims as never, nowSeconds)).toBeUndefined();
  });
});
