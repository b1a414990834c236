import { SIGNATURE_INVALID, type SignatureCheck, type VerificationKey } from "../../core/model/key.ts";

/**
 * Combines several keys for the same algorithm into one key, for a token that does not say which key to use. The
 * combined key tries the keys one after the other, and stops at the first key that verifies the signature. A slow check
 * with one of the keys waits for a free slot, like every slow check.
 *
 * @param keys one or more.
 */
export function createTryingKey(keys: readonly [VerificationKey, ...VerificationKey[]]): VerificationKey {
  const [{ issuer, algorithm }] = keys;
  return {
    issuer,
    kid: undefined,
    algorithm,
    candidates: keys.length,
    verify(signingInput, signature, client) {
      const tryFrom = (start: number): SignatureCheck | Promise<SignatureCheck> => {
        for (const [index, key] of keys.entries()) {
          if (index < start) {
            continue;
          }
          const check = key.verify(signingInput, signature, client);
          if (check instanceof Promise) {
            return check.then((result) => (isFinal(result) ? result : tryFrom(index + 1)));
          }
          if (isFinal(check)) {
            return check;
          }
        }
        return SIGNATURE_INVALID;
      };
      return tryFrom(0);
    },
  };
}

/**
 * Whether to stop after this result. If the gateway had no time for the check, the result says nothing about the token.
 * Then the function also stops, and does not try the next key.
 */
function isFinal(check: SignatureCheck): boolean {
  return check.ok || check.failure === "overloaded";
}
