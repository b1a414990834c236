import { type VerifyKeyObjectInput, verify } from "node:crypto";
import type { SignatureCheck } from "../../core/model/key.ts";
import { slowChecks } from "./slow-checks.ts";

/**
 * Verifies with one key on the threads of the pool.
 *
 * @param hash OpenSSL's name of the hash; null if the algorithm fixes its own hash.
 */
export function createPooledVerifier(
  hash: string | null,
  key: VerifyKeyObjectInput,
): (signingInput: Uint8Array, signature: Uint8Array, client?: string) => Promise<SignatureCheck> {
  return (signingInput, signature, client = "") =>
    slowChecks.check(client, (done) => {
      verify(hash, signingInput, key, signature, (error, holds) => done(error === null && holds));
    });
}
