import { SIGNATURE_INVALID, type SignatureCheck, type VerificationKey } from "../../core/model/key.ts";

/**
 * Combines several keys for the same algorithm into one key, for a token that names none of them. The result tries the keys one
 * after the other, and stops at the first that verifies the signature. Each slow try waits for its own slot, like any slow check.
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
 * Whether no further key is tried. If the gateway had no time for a check, the result says nothing about the token, and the gateway
 * must not begin the next check.
 */
function isFinal(check: SignatureCheck): boolean {
  return check.ok || check.failure === "overloaded";
}
