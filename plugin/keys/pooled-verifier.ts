import { type VerifyKeyObjectInput, verify } from "node:crypto";
import type { SignatureCheck } from "../core/key.ts";

/** Checks that may wait at a time, in all: some 200 ms of work for two cores. */
const MAX_IN_FLIGHT = 256;

// The thread pool belongs to the process, and so does what it is busy with.
let inFlight = 0;

/**
 * Verifies with one key on the threads of the pool.
 *
 * @param hash name for OpenSSL; null where the algorithm brings its own.
 * @returns a function that answers undefined when too many checks are under way.
 */
export function createPooledVerifier(
  hash: string | null,
  key: VerifyKeyObjectInput,
): (signingInput: Uint8Array, signature: Uint8Array) => undefined | Promise<SignatureCheck> {
  return (signingInput, signature) => {
    if (inFlight >= MAX_IN_FLIGHT) {
      return undefined;
    }
    return new Promise((resolve) => {
      verify(hash, signingInput, key, signature, (error, holds) => {
        inFlight -= 1;
        resolve(error === null && holds);
      });
      inFlight += 1;
    });
  };
}
