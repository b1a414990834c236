import { AUDIENCE } from "../../attack-policy.ts";
import { type AttackClass, at, attacks, INVALID, OTHER_AUDIENCE, raw, row } from "../../forge/attack.ts";

const REFUSED = { reason: "token_type_mismatch", told: INVALID } as const;

/** Honest tokens that are not access tokens, with the same issuer, key and audience. */
export const tokenType: AttackClass = {
  name: "token type",
  honest: [
    { what: "an access token" },
    { what: "its type in capitals", header: { typ: "AT+JWT" } },
    { what: "its type written out", header: { typ: "application/at+jwt" } },
  ],
  attacks: attacks([
    REFUSED,
    "RFC 8725 2.8 and 3.11; RFC 9068 5",
    row("id-token", "an ID token whose audience, the client's id, is also the API's audience", {
      header: { typ: "JWT" },
      claims: { nonce: "n-0S6", auth_time: at(-60), at_hash: "MTIzNDU2" },
    }),
    { reason: "audience_mismatch", told: OTHER_AUDIENCE },
    "RFC 8725 2.8 and 3.12",
    row("id-token-for-client", "an ID token for a client, which the issuer gave the access token's type by mistake", {
      claims: { aud: "client-1", nonce: "n-0S6", scope: undefined },
    }),
    REFUSED,
    "RFC 8725 2.8 and 3.11; OpenID Connect Back-Channel Logout 2.4",
    row("logout-token", "a logout token", {
      header: { typ: "logout+jwt" },
      claims: { events: { "http://schemas.openid.net/event/backchannel-logout": {} }, sid: "s1" },
    }),
    "RFC 8725 2.8 and 3.11; RFC 8417 2.3",
    row("security-event", "a security event token", {
      header: { typ: "secevent+jwt" },
      claims: { events: { "urn:example:event": {} } },
    }),
    "RFC 9449 4.2",
    row("dpop-proof", "a DPoP proof, with its key in the header", {
      header: { typ: "dpop+jwt", jwk: raw("{jwk:es256}") },
      claims: { htm: "GET", htu: AUDIENCE, jti: "1" },
    }),
    "RFC 9101 10.8",
    row("authorization-request", "an authorization request", {
      header: { typ: "oauth-authz-req+jwt" },
      claims: { client_id: "client-1", response_type: "code" },
    }),
    "RFC 8725 2.8; RFC 7523 3",
    row("client-assertion", "a client's assertion to the token endpoint", {
      header: { typ: "client-authentication+jwt" },
      claims: { jti: "1" },
    }),
    "RFC 9701 8.1",
    row("introspection-answer", "an answer of the introspection endpoint", {
      header: { typ: "token-introspection+jwt" },
      claims: { token_introspection: { active: true } },
    }),
    "OpenID Federation 1.0 3.1",
    row("entity-statement", "an entity statement of a federation", {
      header: { typ: "entity-statement+jwt" },
      claims: { jwks: { keys: [] } },
    }),
    "RFC 8725 2.8 and 3.12",
    row("refresh-token", "a refresh token that is a JWT", { header: { typ: "rt+jwt" } }),
    "RFC 8725 3.11; RFC 9068 4",
    row("typ-absent", "no typ", { header: { typ: undefined } }),
    "RFC 8725 3.11",
    row("typ-empty", "an empty typ", { header: { typ: "" } }),
    row("typ-longer", "a type that begins like at+jwt", { header: { typ: "at+jwtx" } }),
    { reason: "token_malformed", told: INVALID },
    "RFC 7515 4.1.9",
    row("typ-list", "a list of types", { header: { typ: ["at+jwt", "JWT"] } }),
    row("typ-null", "typ null", { header: { typ: null } }),
    REFUSED,
    row("typ-parameter", "a parameter behind it", { header: { typ: "at+jwt;x=y" } }),
    row("typ-space", "a space behind it", { header: { typ: "at+jwt " } }),
    row("typ-twice-application", "application/ twice", { header: { typ: "application/application/at+jwt" } }),
    row("typ-other-tree", "the same name with another kind of media", { header: { typ: "text/at+jwt" } }),
    "RFC 7515 4.1.9; UTS 39",
    row("typ-lookalike", "a Cyrillic letter that looks the same", { header: { typ: "\u0430t+jwt" } }),
    "RFC 7519 5.3",
    row("typ-as-claim", "the type as a claim only", { header: { typ: "JWT" }, claims: { typ: "at+jwt" } }),
    "RFC 7515 4.1.10",
    row("typ-as-cty", "the type as cty only", { header: { typ: "JWT", cty: "at+jwt" } }),
    { reason: "claim_invalid", told: INVALID },
    "RFC 9449 7.2; RFC 7800 3",
    row("bound-to-dpop-key", "a stolen token that its issuer bound to a client's key, as a bearer token", {
      claims: { cnf: { jkt: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" } },
    }),
    "RFC 8705 3",
    row("bound-to-certificate", "a stolen token that its issuer bound to a client's certificate", {
      claims: { cnf: { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" } },
    }),
  ]),
};
