import { AUDIENCE } from "../../attack-policy.ts";
import { type AttackClass, at, attacks, INVALID, OTHER_AUDIENCE, raw } from "../../forge/attack.ts";

const REFUSED = { reason: "token_type_mismatch", told: INVALID } as const;

/** Honest tokens of the same issuer, key and audience that are not access tokens. */
export const tokenType: AttackClass = {
  name: "token type",
  honest: [
    { what: "an access token" },
    { what: "its type in capitals", token: { header: { typ: "AT+JWT" } } },
    { what: "its type written out", token: { header: { typ: "application/at+jwt" } } },
  ],
  attacks: [
    ...attacks(REFUSED, "RFC 8725 2.8 and 3.11; RFC 9068 5", [
      [
        "id-token",
        "an ID token, whose audience is the client's id and here the API's",
        { token: { header: { typ: "JWT" }, claims: { nonce: "n-0S6", auth_time: at(-60), at_hash: "MTIzNDU2" } } },
      ],
    ]),
    ...attacks({ reason: "audience_mismatch", told: OTHER_AUDIENCE }, "RFC 8725 2.8 and 3.12", [
      [
        "id-token-for-client",
        "an ID token for a client, which the issuer gave the access token's type by mistake",
        { token: { claims: { aud: "client-1", nonce: "n-0S6", scope: undefined } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.8 and 3.11; OpenID Connect Back-Channel Logout 2.4", [
      [
        "logout-token",
        "a logout token",
        {
          token: {
            header: { typ: "logout+jwt" },
            claims: { events: { "http://schemas.openid.net/event/backchannel-logout": {} }, sid: "s1" },
          },
        },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.8 and 3.11; RFC 8417 2.3", [
      [
        "security-event",
        "a security event token",
        { token: { header: { typ: "secevent+jwt" }, claims: { events: { "urn:example:event": {} } } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 9449 4.2", [
      [
        "dpop-proof",
        "a DPoP proof, with its key in the header",
        {
          token: {
            header: { typ: "dpop+jwt", jwk: raw("{jwk:es256}") },
            claims: { htm: "GET", htu: AUDIENCE, jti: "1" },
          },
        },
      ],
    ]),
    ...attacks(REFUSED, "RFC 9101 10.8", [
      [
        "authorization-request",
        "an authorization request",
        { token: { header: { typ: "oauth-authz-req+jwt" }, claims: { client_id: "client-1", response_type: "code" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.8; RFC 7523 3", [
      [
        "client-assertion",
        "a client's assertion to the token endpoint",
        { token: { header: { typ: "client-authentication+jwt" }, claims: { jti: "1" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 9701 8.1", [
      [
        "introspection-answer",
        "an answer of the introspection endpoint",
        { token: { header: { typ: "token-introspection+jwt" }, claims: { token_introspection: { active: true } } } },
      ],
    ]),
    ...attacks(REFUSED, "OpenID Federation 1.0 3.1", [
      [
        "entity-statement",
        "an entity statement of a federation",
        { token: { header: { typ: "entity-statement+jwt" }, claims: { jwks: { keys: [] } } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.8 and 3.12", [
      ["refresh-token", "a refresh token that is a JWT", { token: { header: { typ: "rt+jwt" } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.11; RFC 9068 4", [
      ["typ-absent", "no typ", { token: { header: { typ: undefined } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.11", [
      ["typ-empty", "an empty typ", { token: { header: { typ: "" } } }],
      ["typ-longer", "a type that begins like it", { token: { header: { typ: "at+jwtx" } } }],
    ]),
    ...attacks({ reason: "token_malformed", told: INVALID }, "RFC 7515 4.1.9", [
      ["typ-list", "a list of types", { token: { header: { typ: ["at+jwt", "JWT"] } } }],
      ["typ-null", "typ null", { token: { header: { typ: null } } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 4.1.9", [
      ["typ-parameter", "a parameter behind it", { token: { header: { typ: "at+jwt;x=y" } } }],
      ["typ-space", "a space behind it", { token: { header: { typ: "at+jwt " } } }],
      ["typ-twice-application", "application/ twice", { token: { header: { typ: "application/application/at+jwt" } } }],
      ["typ-other-tree", "the same name of another kind of media", { token: { header: { typ: "text/at+jwt" } } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 4.1.9; UTS 39", [
      ["typ-lookalike", "a Cyrillic letter that looks the same", { token: { header: { typ: "\u0430t+jwt" } } }],
    ]),
    ...attacks(REFUSED, "RFC 7519 5.3", [
      ["typ-as-claim", "the type as a claim only", { token: { header: { typ: "JWT" }, claims: { typ: "at+jwt" } } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 4.1.10", [
      ["typ-as-cty", "the type as cty only", { token: { header: { typ: "JWT", cty: "at+jwt" } } }],
    ]),
    ...attacks({ reason: "claim_invalid", told: INVALID }, "RFC 9449 7.2; RFC 7800 3", [
      [
        "bound-to-dpop-key",
        "a stolen token that its issuer bound to a client's key, as a bearer token",
        { token: { claims: { cnf: { jkt: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" } } } },
      ],
    ]),
    ...attacks({ reason: "claim_invalid", told: INVALID }, "RFC 8705 3", [
      [
        "bound-to-certificate",
        "a stolen token that its issuer bound to a client's certificate",
        { token: { claims: { cnf: { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" } } } },
      ],
    ]),
  ],
};
