import { AUDIENCE, ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, type Members, OTHER_AUDIENCE, raw, row } from "../../forge/attack.ts";

const MISSING = { reason: "claim_missing", told: INVALID } as const;
const WRONG = { reason: "claim_invalid", told: INVALID } as const;
const KINDS = "RFC 8725 2.8, 3.12";
const TYPES = "RFC 9068 2.2; RFC 8693 4; CWE-843";
const LISTS = ["kinds", "kinds-any-of", "kinds-optional", "kinds-operations"] as const;

/** A token of the issuer whose tokens have a kind. */
const ofKind = (claims: Members, rule: (typeof LISTS)[number] | "kinds-both" | "kinds-id" = "kinds") =>
  ({
    key: "partner",
    header: { typ: "JWT" },
    claims: { iss: ISSUERS.kinds, token_use: "access", client_id: "shop", ...claims },
    rule,
  }) as const;

/** Tokens of a kind that their issuer's conditions exclude. The rules have other requirements or none. */
export const issuerCondition: AttackClass = {
  name: "issuer-condition",
  honest: [
    ...LISTS.map((rule) => ({ what: `an access token, rule ${rule}`, ...ofKind({}, rule) })),
    { what: "an access token, where ID tokens are accepted too", ...ofKind({}, "kinds-both") },
    { what: "an ID token, where it is accepted too", ...ofKind({ token_use: "id", azp: AUDIENCE }, "kinds-both") },
    {
      what: "an ID token, where only ID tokens are accepted",
      ...ofKind({ token_use: "id", azp: AUDIENCE }, "kinds-id"),
    },
    { what: "scopes as a list", ...ofKind({ scope: ["read", "write"] }) },
    { what: "a service that acts for the user", ...ofKind({ act: { sub: "service" } }) },
    {
      what: "amr and auth_time in the forms of some providers",
      ...ofKind({ amr: [{ method: "otp" }], auth_time: "now" }),
    },
  ],
  attacks: attacks([
    WRONG,
    KINDS,
    ...LISTS.map((rule) => row(`kind-other-${rule}`, `an ID token, rule ${rule}`, ofKind({ token_use: "id" }, rule))),
    row("kind-third", "a refresh token, where two kinds are accepted", {
      ...ofKind({ token_use: "refresh", azp: AUDIENCE }, "kinds-both"),
    }),
    row("kind-both", "a list of both kinds", ofKind({ token_use: ["access", "id"], azp: AUDIENCE }, "kinds-both")),
    row("kind-access-as-id", "an access token, where only ID tokens are accepted", {
      ...ofKind({ azp: AUDIENCE }, "kinds-id"),
    }),
    row("kind-id-as-access", "an ID token with a client_id", ofKind({ token_use: "id", azp: AUDIENCE })),
    { reason: "audience_mismatch", told: OTHER_AUDIENCE },
    row("kind-audience-of-other", "an ID token with the audience in the claim of access tokens", {
      ...ofKind({ token_use: "id", azp: "other" }, "kinds-id"),
    }),
    MISSING,
    row("kind-absent", "no kind", ofKind({ token_use: undefined })),
    row("kind-blank", "a blank kind", ofKind({ token_use: " " })),
    row("client-empty", "an empty client_id", ofKind({ client_id: "" })),
    row("client-invisible", "a client_id of a character without a glyph", ofKind({ client_id: "\u200b" })),
    WRONG,
    row("kind-list", "a list of the kind", ofKind({ token_use: ["access"] })),
    TYPES,
    row("client-list", "a list of the client_id", ofKind({ client_id: ["shop"] })),
    row("client-number", "a number as client_id", ofKind({ client_id: 7 })),
    row("azp-list", "a list as azp", ofKind({ azp: ["shop"] })),
    row("actor-text", "a string as act", ofKind({ act: "service" })),
    row("actor-number", "a large number as act", ofKind({ act: raw("1147953659032899585") })),
    row("scope-map", "a map as scope", ofKind({ scope: { read: true } })),
  ]),
};
