import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, at, EXPIRED, INVALID, type Members, raw } from "../../forge/attack.ts";

const GONE = { reason: "token_expired", told: EXPIRED } as const;
const EARLY = { reason: "token_not_yet_valid", told: INVALID } as const;
const WRONG = { reason: "claim_invalid", told: INVALID } as const;
const EXP = "RFC 7519 4.1.4";
const NBF = "RFC 7519 4.1.5";
const IAT = "RFC 7519 4.1.6";

/** A token of the issuer whose tokens may live as long as they like. */
const ofPartner = (claims: Members) =>
  ({ token: { key: "partner", claims: { iss: ISSUERS.partner, ...claims } }, request: { rule: "partner" } }) as const;

/** Tokens that are over, not yet begun, or that try to last for ever. The clock skew is 30 s; acme's tokens may live 2 h and be 1 h old. */
export const time: AttackClass = {
  name: "time",
  honest: [
    { what: "a token that expired within the skew", token: { claims: { exp: at(-20), iat: at(-600) } } },
    { what: "a token that begins within the skew", token: { claims: { nbf: at(20), iat: at(20) } } },
    { what: "times with fractions", token: { claims: { exp: raw("{now+300}.5"), iat: raw("{now-10}.25") } } },
    { what: "a time with an exponent", token: { claims: { nbf: raw("1e9") } } },
    { what: "the longest life", token: { claims: { iat: at(-10), exp: at(7_190) } } },
  ],
  attacks: [
    {
      id: "exp-past",
      tries: "a token that expired an hour ago",
      reference: EXP,
      token: { claims: { exp: at(-3_600), iat: at(-4_000) } },
      ...GONE,
    },
    {
      id: "exp-edge",
      tries: "a token that expired just as the skew ends",
      reference: EXP,
      token: { claims: { exp: at(-30), iat: at(-60) } },
      ...GONE,
    },
    {
      id: "exp-absent",
      tries: "no exp",
      reference: EXP,
      token: { claims: { exp: undefined } },
      reason: "claim_missing",
      told: INVALID,
    },
    { id: "exp-null", tries: "exp null", reference: EXP, token: { claims: { exp: null } }, ...WRONG },
    {
      id: "exp-text",
      tries: "a text of digits",
      reference: EXP,
      token: { claims: { exp: raw('"{now+300}"') } },
      ...WRONG,
    },
    {
      id: "exp-date",
      tries: "a date as text",
      reference: EXP,
      token: { claims: { exp: "2099-12-31T23:59:59Z" } },
      ...WRONG,
    },
    { id: "exp-true", tries: "true", reference: EXP, token: { claims: { exp: true } }, ...WRONG },
    {
      id: "exp-list",
      tries: "a list with a time",
      reference: EXP,
      token: { claims: { exp: raw("[{now+300}]") } },
      ...WRONG,
    },
    { id: "exp-object", tries: "an object", reference: EXP, token: { claims: { exp: { $gt: 0 } } }, ...WRONG },
    { id: "exp-zero", tries: "0, which is not true", reference: EXP, token: { claims: { exp: 0 } }, ...GONE },
    { id: "exp-minus-zero", tries: "-0", reference: EXP, token: { claims: { exp: raw("-0") } }, ...GONE },
    {
      id: "exp-negative",
      tries: "a negative time, which is large to who reads it without its sign",
      reference: EXP,
      token: { claims: { exp: -1 } },
      ...GONE,
    },
    {
      id: "exp-milliseconds",
      tries: "milliseconds: the token would live for 50,000 years",
      reference: EXP,
      ...ofPartner({ exp: raw("{now+300}000") }),
      ...WRONG,
    },
    { id: "exp-far", tries: "the year 10000", reference: EXP, ...ofPartner({ exp: 253_402_300_800 }), ...WRONG },
    {
      id: "exp-largest",
      tries: "the largest number there is",
      reference: EXP,
      ...ofPartner({ exp: Number.MAX_VALUE }),
      ...WRONG,
    },
    {
      id: "exp-2-64",
      tries: "2^64 and a moment, which is a moment to who has 64 bits",
      reference: EXP,
      ...ofPartner({ exp: raw("18446744073709551716") }),
      ...WRONG,
    },
    {
      id: "exp-in-header",
      tries: "the true exp in the header only",
      reference: "RFC 7519 5.3",
      token: { header: { exp: at(300) }, claims: { exp: at(-60), iat: at(-90) } },
      ...GONE,
    },
    {
      id: "exp-longest",
      tries: "a token of ten years",
      reference: "RFC 9068 5",
      token: { claims: { exp: at(315_360_000) } },
      ...WRONG,
    },
    {
      id: "lifetime-edge",
      tries: "a second more than the longest life",
      reference: "RFC 9068 5",
      token: { claims: { iat: at(-10), exp: at(7_191) } },
      ...WRONG,
    },
    {
      id: "nbf-future",
      tries: "a token that begins in a minute",
      reference: NBF,
      token: { claims: { nbf: at(90) } },
      ...EARLY,
    },
    {
      id: "nbf-text",
      tries: "nbf as text, which compares as no number",
      reference: NBF,
      token: { claims: { nbf: raw('"{now+90}"') } },
      ...WRONG,
    },
    { id: "nbf-null", tries: "nbf null", reference: NBF, token: { claims: { nbf: null } }, ...WRONG },
    { id: "nbf-negative", tries: "a negative nbf", reference: NBF, token: { claims: { nbf: -1 } }, ...WRONG },
    {
      id: "nbf-milliseconds",
      tries: "nbf in milliseconds",
      reference: NBF,
      token: { claims: { nbf: raw("{now-10}000") } },
      ...EARLY,
    },
    {
      id: "iat-future",
      tries: "a token that is issued in a minute",
      reference: IAT,
      token: { claims: { iat: at(90) } },
      ...EARLY,
    },
    {
      id: "iat-absent",
      tries: "no iat, where the age is bounded",
      reference: IAT,
      token: { claims: { iat: undefined } },
      reason: "claim_missing",
      told: INVALID,
    },
    { id: "iat-text", tries: "iat as text", reference: IAT, token: { claims: { iat: raw('"{now-10}"') } }, ...WRONG },
    {
      id: "iat-negative",
      tries: "a negative iat",
      reference: IAT,
      token: { claims: { iat: -10 } },
      reason: "token_too_old",
      told: INVALID,
    },
    {
      id: "iat-old",
      tries: "a token that was issued two hours ago",
      reference: IAT,
      token: { claims: { iat: at(-7_200), exp: at(-1) } },
      reason: "token_too_old",
      told: INVALID,
    },
    {
      id: "iat-after-exp",
      tries: "a token that was issued after it expired",
      reference: IAT,
      token: { claims: { iat: at(-5), exp: at(-15) } },
      ...WRONG,
    },
  ],
};
