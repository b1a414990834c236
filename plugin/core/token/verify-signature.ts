import { quoteKid, quoteValue } from "../detail/quote-value.ts";
import type { JsonObject } from "../json/json.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { SignatureCheck, VerificationKey } from "../model/key.ts";
import { type Result, succeed } from "../model/result.ts";
import type { DecodedToken } from "../model/token.ts";

type SignedToken = Pick<DecodedToken, "signingInput" | "signature" | "unverifiedClaims">;
type Verified = Result<JsonObject, Denial>;

/** Checks the signature (RFC 7515 section 5.2). After this check, the claims are known to come from the issuer. */
export function verifySignature(
  decoded: SignedToken,
  key: VerificationKey,
  client?: string,
): Verified | Promise<Verified> {
  const conclude = (check: SignatureCheck): Verified => {
    if (check.ok) {
      return succeed(decoded.unverifiedClaims);
    }
    return check.failure === "overloaded"
      ? deny({ reason: "overloaded", detail: "too many signatures of slow algorithms are being checked" })
      : deny({ reason: "signature_invalid", detail: describeInvalid(key, decoded.signature) });
  };
  const check = key.verify(decoded.signingInput, decoded.signature, client);
  return check instanceof Promise ? check.then(conclude) : conclude(check);
}

function describeInvalid({ algorithm, kid, issuer }: VerificationKey, { length }: Uint8Array): string {
  const name = kid === undefined ? "without kid" : `kid ${quoteKid(kid)}`;
  return `the signature of ${length} bytes is not valid with the ${algorithm} key ${name} of ${quoteValue(issuer)}`;
}
