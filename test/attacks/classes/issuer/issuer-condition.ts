import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, INVALID, type Members, raw } from "../../forge/attack.ts";

const MISSING = { reason: "claim_missing", told: INVALID } as const;
const WRONG = { reason: "claim_invalid", told: INVALID } as const;
const KINDS = "RFC 8725 2.8, 3.12";
const TYPES = "RFC 9068 2.2; RFC 8693 4; CWE-843";
const LISTS = ["kinds", "kinds-any-of", "kinds-optional", "kinds-operations"] as const;

/** A token of the issuer whose tokens have a kind. */
const ofKind = (claims: Members, rule: (typeof LISTS)[number] = "kinds") =>
  ({
    token: {
      key: "partner",
      header: { typ: "JWT" },
      claims: { iss: ISSUERS.kinds, token_use: "access", client_id: "shop", ...claims },
    },
    request: { rule },
  }) as const;

/** Tokens of a kind that their issuer's conditions exclude, on rules that say something else or nothing. */
export const issuerCondition: AttackClass = {
  name: "issuer-condition",
  honest: [
    ...LISTS.map((rule) => ({ what: `an access token, rule ${rule}`, ...ofKind({}, rule) })),
    { what: "scopes as a list", ...ofKind({ scope: ["read", "write"] }) },
    { what: "a service that acts for the user", ...ofKind({ act: { sub: "service" } }) },
    {
      what: "amr and auth_time in forms that providers write",
      ...ofKind({ amr: [{ method: "otp" }], auth_time: "now" }),
    },
  ],
  attacks: [
    ...LISTS.map((rule) => ({
      id: `kind-other-${rule}`,
      tries: `an ID token, rule ${rule}`,
      reference: KINDS,
      ...ofKind({ token_use: "id" }, rule),
      ...WRONG,
    })),
    { id: "kind-absent", tries: "no kind", reference: KINDS, ...ofKind({ token_use: undefined }), ...MISSING },
    { id: "kind-list", tries: "a list of the kind", reference: KINDS, ...ofKind({ token_use: ["access"] }), ...WRONG },
    { id: "kind-blank", tries: "a blank kind", reference: KINDS, ...ofKind({ token_use: " " }), ...MISSING },
    { id: "client-empty", tries: "an empty client_id", reference: KINDS, ...ofKind({ client_id: "" }), ...MISSING },
    {
      id: "client-invisible",
      tries: "a client_id of a character without a glyph",
      reference: KINDS,
      ...ofKind({ client_id: "\u200b" }),
      ...MISSING,
    },
    {
      id: "client-list",
      tries: "a list of the client_id",
      reference: TYPES,
      ...ofKind({ client_id: ["shop"] }),
      ...WRONG,
    },
    { id: "client-number", tries: "a number as client_id", reference: TYPES, ...ofKind({ client_id: 7 }), ...WRONG },
    { id: "azp-list", tries: "a list as azp", reference: TYPES, ...ofKind({ azp: ["shop"] }), ...WRONG },
    { id: "actor-text", tries: "a text as act", reference: TYPES, ...ofKind({ act: "service" }), ...WRONG },
    {
      id: "actor-number",
      tries: "a large number as act",
      reference: TYPES,
      ...ofKind({ act: raw("1147953659032899585") }),
      ...WRONG,
    },
    { id: "scope-map", tries: "a map as scope", reference: TYPES, ...ofKind({ scope: { read: true } }), ...WRONG },
  ],
};
