import type { Denial } from "../model/denial.ts";
import type { SignatureCheck, VerificationKey } from "../model/key.ts";
import type { DecodedToken } from "../model/token.ts";
import type { JsonObject } from "../text/json.ts";

type SignedToken = Pick<DecodedToken, "signingInput" | "signature" | "unverifiedClaims">;
type Verified = { readonly claims: JsonObject } | Denial;

/** Checks the signature (RFC 7515 section 5.2). Afterwards the claims are known to come from the issuer. */
export function verifySignature(
  decoded: SignedToken,
  key: VerificationKey,
  client?: string,
): Verified | Promise<Verified> {
  const conclude = (check: SignatureCheck): Verified => {
    if (check === true) {
      return { claims: decoded.unverifiedClaims };
    }
    return check === undefined
      ? { reason: "overloaded", detail: "too many signatures of slow algorithms are being checked" }
      : { reason: "signature_invalid" };
  };
  const check = key.verify(decoded.signingInput, decoded.signature, client);
  return check instanceof Promise ? check.then(conclude) : conclude(check);
}
