import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, at, attacks, EXPIRED, INVALID, type Members, raw, row } from "../../forge/attack.ts";

const GONE = { reason: "token_expired", told: EXPIRED } as const;
const EARLY = { reason: "token_not_yet_valid", told: INVALID } as const;
const WRONG = { reason: "claim_invalid", told: INVALID } as const;
const EXP = "RFC 7519 4.1.4";
const NBF = "RFC 7519 4.1.5";
const IAT = "RFC 7519 4.1.6";

/** A token of an issuer whose tokens may have any lifetime. */
const ofPartner = (claims: Members) =>
  ({ key: "partner", claims: { iss: ISSUERS.partner, ...claims }, rule: "partner" }) as const;

/**
 * Tokens that have expired, are not valid yet, or pretend to be valid for ever. The clock skew is 30 s. acme's tokens
 * may have a lifetime of 2 h, and be 1 h old.
 */
export const time: AttackClass = {
  name: "time",
  honest: [
    { what: "a token that expired within the skew", claims: { exp: at(-20), iat: at(-600) } },
    { what: "a token that begins within the skew", claims: { nbf: at(20), iat: at(20) } },
    { what: "times with fractions", claims: { exp: raw("{now+300}.5"), iat: raw("{now-10}.25") } },
    { what: "a time with an exponent", claims: { nbf: raw("1e9") } },
    { what: "the longest life", claims: { iat: at(-10), exp: at(7_190) } },
  ],
  attacks: attacks([
    GONE,
    EXP,
    row("exp-past", "a token that expired an hour ago", { claims: { exp: at(-3_600), iat: at(-4_000) } }),
    row("exp-edge", "a token that expired exactly the clock skew ago", { claims: { exp: at(-30), iat: at(-60) } }),
    row("exp-zero", "0, which is not true", { claims: { exp: 0 } }),
    row("exp-minus-zero", "-0", { claims: { exp: raw("-0") } }),
    row("exp-negative", "a negative time, which is large for programs that ignore the sign", { claims: { exp: -1 } }),
    { reason: "claim_missing", told: INVALID },
    row("exp-absent", "no exp", { claims: { exp: undefined } }),
    WRONG,
    row("exp-null", "exp null", { claims: { exp: null } }),
    row("exp-text", "a string of digits", { claims: { exp: raw('"{now+300}"') } }),
    row("exp-date", "a date as text", { claims: { exp: "2099-12-31T23:59:59Z" } }),
    row("exp-true", "true", { claims: { exp: true } }),
    row("exp-list", "a list with a time", { claims: { exp: raw("[{now+300}]") } }),
    row("exp-object", "an object", { claims: { exp: { $gt: 0 } } }),
    row("exp-milliseconds", "milliseconds: the token would live for 50,000 years", {
      ...ofPartner({ exp: raw("{now+300}000") }),
    }),
    row("exp-far", "the year 10000", ofPartner({ exp: 253_402_300_800 })),
    row("exp-largest", "the largest number there is", ofPartner({ exp: Number.MAX_VALUE })),
    row("exp-2-64", "2^64 and a short time, which is a short time for programs with 64 bits", {
      ...ofPartner({ exp: raw("18446744073709551716") }),
    }),
    GONE,
    "RFC 7519 5.3",
    row("exp-in-header", "the true exp in the header only", {
      header: { exp: at(300) },
      claims: { exp: at(-60), iat: at(-90) },
    }),
    WRONG,
    "RFC 9068 5",
    row("exp-longest", "a token of ten years", { claims: { exp: at(315_360_000) } }),
    row("lifetime-edge", "a second more than the longest life", { claims: { iat: at(-10), exp: at(7_191) } }),
    EARLY,
    NBF,
    row("nbf-future", "a token that begins in a minute", { claims: { nbf: at(90) } }),
    row("nbf-milliseconds", "nbf in milliseconds", { claims: { nbf: raw("{now-10}000") } }),
    WRONG,
    row("nbf-text", "nbf as text, which cannot be compared as a number", { claims: { nbf: raw('"{now+90}"') } }),
    row("nbf-null", "nbf null", { claims: { nbf: null } }),
    row("nbf-negative", "a negative nbf", { claims: { nbf: -1 } }),
    EARLY,
    IAT,
    row("iat-future", "a token that is issued in a minute", { claims: { iat: at(90) } }),
    { reason: "claim_missing", told: INVALID },
    row("iat-absent", "no iat, where the age is bounded", { claims: { iat: undefined } }),
    WRONG,
    row("iat-text", "iat as text", { claims: { iat: raw('"{now-10}"') } }),
    row("iat-after-exp", "a token that was issued after it expired", { claims: { iat: at(-5), exp: at(-15) } }),
    { reason: "token_too_old", told: INVALID },
    row("iat-negative", "a negative iat", { claims: { iat: -10 } }),
    row("iat-old", "a token that was issued two hours ago", { claims: { iat: at(-7_200), exp: at(-1) } }),
  ]),
};
