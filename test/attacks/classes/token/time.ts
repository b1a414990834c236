import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, at, attacks, EXPIRED, INVALID, type Members, raw } from "../../forge/attack.ts";

const GONE = { reason: "token_expired", told: EXPIRED } as const;
const EARLY = { reason: "token_not_yet_valid", told: INVALID } as const;
const WRONG = { reason: "claim_invalid", told: INVALID } as const;
const EXP = "RFC 7519 4.1.4";
const NBF = "RFC 7519 4.1.5";
const IAT = "RFC 7519 4.1.6";

/** A token of the issuer whose tokens may live as long as they like. */
const ofPartner = (claims: Members) =>
  ({ token: { key: "partner", claims: { iss: ISSUERS.partner, ...claims } }, request: { rule: "partner" } }) as const;

/** Tokens that have expired, are not valid yet, or try to be valid for ever. The clock skew is 30 s; acme's tokens may live 2 h and be 1 h old. */
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
    ...attacks(GONE, EXP, [
      ["exp-past", "a token that expired an hour ago", { token: { claims: { exp: at(-3_600), iat: at(-4_000) } } }],
      ["exp-edge", "a token that expired just as the skew ends", { token: { claims: { exp: at(-30), iat: at(-60) } } }],
      ["exp-zero", "0, which is not true", { token: { claims: { exp: 0 } } }],
      ["exp-minus-zero", "-0", { token: { claims: { exp: raw("-0") } } }],
      [
        "exp-negative",
        "a negative time, which is large to who reads it without its sign",
        { token: { claims: { exp: -1 } } },
      ],
    ]),
    ...attacks({ reason: "claim_missing", told: INVALID }, EXP, [
      ["exp-absent", "no exp", { token: { claims: { exp: undefined } } }],
    ]),
    ...attacks(WRONG, EXP, [
      ["exp-null", "exp null", { token: { claims: { exp: null } } }],
      ["exp-text", "a string of digits", { token: { claims: { exp: raw('"{now+300}"') } } }],
      ["exp-date", "a date as text", { token: { claims: { exp: "2099-12-31T23:59:59Z" } } }],
      ["exp-true", "true", { token: { claims: { exp: true } } }],
      ["exp-list", "a list with a time", { token: { claims: { exp: raw("[{now+300}]") } } }],
      ["exp-object", "an object", { token: { claims: { exp: { $gt: 0 } } } }],
      [
        "exp-milliseconds",
        "milliseconds: the token would live for 50,000 years",
        ofPartner({ exp: raw("{now+300}000") }),
      ],
      ["exp-far", "the year 10000", ofPartner({ exp: 253_402_300_800 })],
      ["exp-largest", "the largest number there is", ofPartner({ exp: Number.MAX_VALUE })],
      [
        "exp-2-64",
        "2^64 and a moment, which is a moment to who has 64 bits",
        ofPartner({ exp: raw("18446744073709551716") }),
      ],
    ]),
    ...attacks(GONE, "RFC 7519 5.3", [
      [
        "exp-in-header",
        "the true exp in the header only",
        { token: { header: { exp: at(300) }, claims: { exp: at(-60), iat: at(-90) } } },
      ],
    ]),
    ...attacks(WRONG, "RFC 9068 5", [
      ["exp-longest", "a token of ten years", { token: { claims: { exp: at(315_360_000) } } }],
      ["lifetime-edge", "a second more than the longest life", { token: { claims: { iat: at(-10), exp: at(7_191) } } }],
    ]),
    ...attacks(EARLY, NBF, [
      ["nbf-future", "a token that begins in a minute", { token: { claims: { nbf: at(90) } } }],
      ["nbf-milliseconds", "nbf in milliseconds", { token: { claims: { nbf: raw("{now-10}000") } } }],
    ]),
    ...attacks(WRONG, NBF, [
      ["nbf-text", "nbf as text, which compares as no number", { token: { claims: { nbf: raw('"{now+90}"') } } }],
      ["nbf-null", "nbf null", { token: { claims: { nbf: null } } }],
      ["nbf-negative", "a negative nbf", { token: { claims: { nbf: -1 } } }],
    ]),
    ...attacks(EARLY, IAT, [
      ["iat-future", "a token that is issued in a minute", { token: { claims: { iat: at(90) } } }],
    ]),
    ...attacks({ reason: "claim_missing", told: INVALID }, IAT, [
      ["iat-absent", "no iat, where the age is bounded", { token: { claims: { iat: undefined } } }],
    ]),
    ...attacks(WRONG, IAT, [
      ["iat-text", "iat as text", { token: { claims: { iat: raw('"{now-10}"') } } }],
      [
        "iat-after-exp",
        "a token that was issued after it expired",
        { token: { claims: { iat: at(-5), exp: at(-15) } } },
      ],
    ]),
    ...attacks({ reason: "token_too_old", told: INVALID }, IAT, [
      ["iat-negative", "a negative iat", { token: { claims: { iat: -10 } } }],
      ["iat-old", "a token that was issued two hours ago", { token: { claims: { iat: at(-7_200), exp: at(-1) } } }],
    ]),
  ],
};
