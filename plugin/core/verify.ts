import type { DecodedToken } from "./decode.ts";
import type { Denial } from "./denial.ts";
import type { JsonObject } from "./json.ts";
import type { VerificationKey } from "./key.ts";

/** Checks the signature (RFC 7515 section 5.2). From here on the claims are the issuer's own words. */
export function verifySignature(decoded: DecodedToken, key: VerificationKey): { readonly claims: JsonObject } | Denial {
  return key.verify(decoded.signingInput, decoded.signature) === true
    ? { claims: decoded.unverifiedClaims }
    : { reason: "signature_invalid" };
}
