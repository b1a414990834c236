import { type AttackClass, attacks, INVALID, MALFORMED, NO_TOKEN, SEVERAL } from "../../forge/attack.ts";

const MISSING = { reason: "token_missing", told: NO_TOKEN } as const;
const REFUSED = { reason: "authorization_malformed", told: MALFORMED } as const;
const TWO = { reason: "token_ambiguous", told: SEVERAL } as const;
const SCHEME = "RFC 6750 2.1; RFC 9110 11.4";

/** Honest tokens in headers that one program reads and another does not. */
export const credentials: AttackClass = {
  name: "credentials",
  honest: [
    { what: "the scheme in small letters", request: { authorization: ["bearer {token}"] } },
    { what: "the scheme in capitals and two spaces", request: { authorization: ["BEARER  {token}"] } },
    { what: "another token in the query, at which nobody looks", request: { target: "/read?access_token=evil" } },
    { what: "a cookie, at which nobody looks", request: { headers: ["Cookie", "access_token=evil"] } },
  ],
  attacks: [
    ...attacks(MISSING, "RFC 6750 3.1", [
      ["authorization-absent", "no header", { request: { authorization: [] } }],
      ["authorization-empty", "an empty header", { request: { authorization: [""] } }],
      [
        "optional-other-scheme",
        "other credentials where none are needed, which the upstream might believe",
        { request: { rule: "optional", authorization: ["Basic YWRtaW46YWRtaW4="] } },
      ],
      [
        "optional-empty-token",
        "an empty token where none is needed",
        { request: { rule: "optional", authorization: ["Bearer "] } },
      ],
    ]),
    ...attacks(MISSING, SCHEME, [
      ["scheme-alone", "the scheme alone", { request: { authorization: ["Bearer"] } }],
      ["token-alone", "the token without a scheme", { request: { authorization: ["{token}"] } }],
      ["scheme-basic", "the token as Basic", { request: { authorization: ["Basic {token}"] } }],
      ["scheme-longer", "a scheme that begins like it", { request: { authorization: ["BearerX {token}"] } }],
      ["scheme-tab", "a tab between scheme and token", { request: { authorization: ["Bearer\t{token}"] } }],
      ["scheme-equals", "Bearer=", { request: { authorization: ["Bearer={token}"] } }],
      [
        "scheme-no-break-space",
        "a no-break space behind the scheme",
        { request: { authorization: ["Bearer\u00a0{token}"] } },
      ],
    ]),
    ...attacks(MISSING, "RFC 9449 7.1", [
      ["scheme-dpop", "the token as DPoP, without a proof", { request: { authorization: ["DPoP {token}"] } }],
    ]),
    ...attacks(REFUSED, SCHEME, [
      ["scheme-twice", "the scheme twice", { request: { authorization: ["Bearer Bearer {token}"] } }],
      ["token-quoted", "quotes around the token", { request: { authorization: ['Bearer "{token}"'] } }],
      ["token-parameter", "the token as a parameter", { request: { authorization: ['Bearer token="{token}"'] } }],
      [
        "token-semicolon",
        "a semicolon and more behind the token",
        { request: { authorization: ["Bearer {token};x=y"] } },
      ],
      ["token-space-inside", "a space in the token", { token: { sent: "{header}. {payload}.{signature}" } }],
      ["token-not-ascii", "a byte beyond ASCII", { token: { sent: "{signed}.{signature}\u00e9" } }],
    ]),
    ...attacks(TWO, "RFC 6750 2; RFC 9110 5.3", [
      ["tokens-comma", "two tokens, a comma between them", { request: { authorization: ["Bearer {token},{token}"] } }],
      [
        "tokens-two-credentials",
        "two credentials in one header",
        { request: { authorization: ["Bearer {token}, Basic YTpi"] } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 6750 2", [
      ["tokens-space", "two tokens, a space between them", { request: { authorization: ["Bearer {token} {token}"] } }],
    ]),
    ...attacks({ ...TWO, kong: 400 }, "RFC 6750 2; CWE-444", [
      [
        "tokens-two-headers",
        "two headers: the gateway would judge one and the upstream read the other",
        { request: { authorization: ["Bearer {token}", "Bearer evil"] } },
      ],
    ]),
    ...attacks(MISSING, "RFC 9700 4.3.2", [
      [
        "token-in-query",
        "the token in the query only",
        { request: { authorization: [], target: "/read?access_token={token}" } },
      ],
    ]),
    ...attacks(MISSING, "RFC 9110 11.7.1", [
      [
        "token-in-proxy-header",
        "the token in Proxy-Authorization only",
        { request: { authorization: [], headers: ["Proxy-Authorization", "Bearer e30.e30.AAAA"] } },
      ],
    ]),
    ...attacks(MISSING, "RFC 6750 2", [
      [
        "token-in-other-header",
        "the token in headers that others read",
        {
          request: {
            authorization: [],
            headers: ["X-Authorization", "Bearer e30.e30.AAAA", "X-Forwarded-Access-Token", "e30.e30.AAAA"],
          },
        },
      ],
    ]),
    ...attacks({ reason: "token_too_large", told: INVALID }, "RFC 9110 5.4; CVE-2025-61920", [
      ["token-too-long", "a token of 7,169 bytes", { token: { sent: "a".repeat(7_169) } }],
    ]),
    ...attacks({ reason: "token_too_large", told: INVALID, kong: 400 }, "RFC 9110 5.4", [
      ["token-far-too-long", "a token of 20,000 bytes", { token: { sent: "a".repeat(20_000) } }],
    ]),
    ...attacks({ reason: "token_malformed", told: INVALID }, "RFC 6750 3.1", [
      ["token-nonsense", "no token at all", { token: { sent: "opaque-token" } }],
    ]),
    ...attacks({ reason: "signature_invalid", told: INVALID }, "RFC 6750 3.1", [
      [
        "optional-bad-token",
        "a bad token where none is needed, to pass as nobody",
        { token: { key: "stranger" }, request: { rule: "optional" } },
      ],
    ]),
  ],
};
