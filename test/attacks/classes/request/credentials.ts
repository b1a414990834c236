import { type AttackClass, attacks, INVALID, MALFORMED, NO_TOKEN, row, SEVERAL } from "../../forge/attack.ts";

const MISSING = { reason: "token_missing", told: NO_TOKEN } as const;
const REFUSED = { reason: "authorization_malformed", told: MALFORMED } as const;
const TWO = { reason: "token_ambiguous", told: SEVERAL } as const;
const SCHEME = "RFC 6750 2.1; RFC 9110 11.4";

/** Honest tokens in headers that one program reads and another program does not read. */
export const credentials: AttackClass = {
  name: "credentials",
  honest: [
    { what: "the scheme in small letters", authorization: ["bearer {token}"] },
    { what: "the scheme in capitals and two spaces", authorization: ["BEARER  {token}"] },
    { what: "another token in the query, which the plugin does not read", target: "/read?access_token=evil" },
    { what: "a cookie, which the plugin does not read", headers: ["Cookie", "access_token=evil"] },
  ],
  attacks: attacks([
    MISSING,
    "RFC 6750 3.1",
    row("authorization-absent", "no header", { authorization: [] }),
    row("authorization-empty", "an empty header", { authorization: [""] }),
    row("optional-other-scheme", "other credentials on an optional rule, which the upstream might believe", {
      rule: "optional",
      authorization: ["Basic YWRtaW46YWRtaW4="],
    }),
    row("optional-empty-token", "an empty token where none is needed", {
      rule: "optional",
      authorization: ["Bearer "],
    }),
    SCHEME,
    row("scheme-alone", "the scheme alone", { authorization: ["Bearer"] }),
    row("token-alone", "the token without a scheme", { authorization: ["{token}"] }),
    row("scheme-basic", "the token as Basic", { authorization: ["Basic {token}"] }),
    row("scheme-longer", "a scheme that begins like Bearer", { authorization: ["BearerX {token}"] }),
    row("scheme-tab", "a tab between scheme and token", { authorization: ["Bearer\t{token}"] }),
    row("scheme-equals", "Bearer=", { authorization: ["Bearer={token}"] }),
    row("scheme-no-break-space", "a no-break space behind the scheme", { authorization: ["Bearer\u00a0{token}"] }),
    "RFC 9449 7.1",
    row("scheme-dpop", "the token as DPoP, without a proof", { authorization: ["DPoP {token}"] }),
    REFUSED,
    SCHEME,
    row("scheme-twice", "the scheme twice", { authorization: ["Bearer Bearer {token}"] }),
    row("token-quoted", "quotes around the token", { authorization: ['Bearer "{token}"'] }),
    row("token-parameter", "the token as a parameter", { authorization: ['Bearer token="{token}"'] }),
    row("token-semicolon", "a semicolon and more behind the token", { authorization: ["Bearer {token};x=y"] }),
    row("token-space-inside", "a space in the token", { sent: "{header}. {payload}.{signature}" }),
    row("token-not-ascii", "a byte beyond ASCII", { sent: "{signed}.{signature}\u00e9" }),
    TWO,
    "RFC 6750 2; RFC 9110 5.3",
    row("tokens-comma", "two tokens, a comma between them", { authorization: ["Bearer {token},{token}"] }),
    row("tokens-two-credentials", "two credentials in one header", { authorization: ["Bearer {token}, Basic YTpi"] }),
    REFUSED,
    "RFC 6750 2",
    row("tokens-space", "two tokens, a space between them", { authorization: ["Bearer {token} {token}"] }),
    { ...TWO, kong: 400 },
    "RFC 6750 2; CWE-444",
    row("tokens-two-headers", "two headers: the gateway would judge one, and the upstream would read the other", {
      authorization: ["Bearer {token}", "Bearer evil"],
    }),
    MISSING,
    "RFC 9700 4.3.2",
    row("token-in-query", "the token in the query only", { authorization: [], target: "/read?access_token={token}" }),
    "RFC 9110 11.7.1",
    row("token-in-proxy-header", "the token in Proxy-Authorization only", {
      authorization: [],
      headers: ["Proxy-Authorization", "Bearer e30.e30.AAAA"],
    }),
    "RFC 6750 2",
    row("token-in-other-header", "the token in headers that others read", {
      authorization: [],
      headers: ["X-Authorization", "Bearer e30.e30.AAAA", "X-Forwarded-Access-Token", "e30.e30.AAAA"],
    }),
    { reason: "token_too_large", told: INVALID },
    "RFC 9110 5.4; CVE-2025-61920",
    row("token-too-long", "a token of 7,169 bytes", { sent: "a".repeat(7_169) }),
    { reason: "token_too_large", told: INVALID, kong: 400 },
    "RFC 9110 5.4",
    row("token-far-too-long", "a token of 20,000 bytes", { sent: "a".repeat(20_000) }),
    { reason: "token_malformed", told: INVALID },
    "RFC 6750 3.1",
    row("token-nonsense", "no token at all", { sent: "opaque-token" }),
    { reason: "signature_invalid", told: INVALID },
    row("optional-bad-token", "a bad token where none is needed, to pass as anonymous", {
      key: "stranger",
      rule: "optional",
    }),
  ]),
};
