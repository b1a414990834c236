import { type ConformanceCase, passes, type TokenRecipe } from "./case.ts";

const INVALID = 'Bearer realm="rolling", error="invalid_token", error_description="The access token is invalid"';
const UNKNOWN = { status: 401, reason: "key_not_found", challenge: INVALID } as const;

/**
 * The issuer `rolling` has two keys without kid for ES256: `es256` has the thumbprint `old`, and `partner` has the
 * thumbprint `new`.
 */
const signedWith = (key: "es256" | "partner" | "rs256", header: TokenRecipe["header"]): TokenRecipe => ({
  key,
  header: { kid: undefined, alg: "ES256", ...header },
  claims: { iss: "https://idp.example", sub: "user-1" },
});

const rolling = (title: string, token: TokenRecipe, outcome: Partial<ConformanceCase>) =>
  passes(title, "/rolling", { token, upstream: { "x-user-id": "user-1" }, ...outcome });
const refused = (outcome: Pick<ConformanceCase, "status" | "reason" | "challenge">) => ({ ...outcome, upstream: {} });

/**
 * The issuer `realms` has keys for each tenant under one kid: `es256` is the key of main, and `partner` is the key of
 * partner.
 */
const ofRealm = (tenant: string, key: "es256" | "partner"): TokenRecipe => ({
  key,
  header: { kid: "realm" },
  claims: { iss: `https://${tenant}.idp.example`, sub: "user-1" },
});
const AT_REALMS = { path: "/realms" } as const;
const REALM_INVALID = INVALID.replace("rolling", "realms");

/** How a token names its key: by kid, by its certificate, or not at all. */
export const KEY_CASES: readonly ConformanceCase[] = [
  rolling("passes a token that names the new key by x5t", signedWith("partner", { x5t: "new" }), {}),
  rolling("passes a token that names the old key by x5t", signedWith("es256", { x5t: "old" }), {}),
  rolling("passes a token that names no key and is signed with the new of two keys", signedWith("partner", {}), {}),
  rolling("refuses a token that names no key and is signed with none of the issuer's keys", signedWith("rs256", {}), {
    ...refused({ ...UNKNOWN, reason: "signature_invalid" }),
  }),
  rolling(
    "refuses a token that names the old key and is signed with the new key",
    signedWith("partner", { x5t: "old" }),
    refused({ ...UNKNOWN, reason: "signature_invalid" }),
  ),
  rolling(
    "refuses a token with an unknown kid, and tries no key",
    signedWith("partner", { kid: "new" }),
    refused(UNKNOWN),
  ),
  rolling(
    "refuses a token with an unknown x5t, and tries no key",
    signedWith("partner", { x5t: "x" }),
    refused(UNKNOWN),
  ),
  rolling("refuses a token without kid if the policy forbids to try several keys", signedWith("partner", {}), {
    path: "/rolling-strict",
    ...refused({ ...UNKNOWN, challenge: INVALID.replace("rolling", "rolling-strict") }),
  }),
  rolling("passes a token of a tenant that is signed with this tenant's key", ofRealm("main", "es256"), AT_REALMS),
  rolling("passes a token of another tenant that is signed with its own key", ofRealm("partner", "partner"), AT_REALMS),
  rolling("refuses a token of a tenant that is signed with another tenant's key", ofRealm("main", "partner"), {
    ...AT_REALMS,
    ...refused({ status: 401, reason: "signature_invalid", challenge: REALM_INVALID }),
  }),
  rolling("refuses a token of a tenant that the policy does not name", ofRealm("other", "es256"), {
    ...AT_REALMS,
    ...refused({ status: 401, reason: "issuer_untrusted", challenge: REALM_INVALID }),
  }),
];
