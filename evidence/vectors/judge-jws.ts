import { createSecretKey } from "node:crypto";
import type { Denial } from "../../plugin/core/model/denial.ts";
import type { KeySource, VerificationKey } from "../../plugin/core/model/key.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { decodeJws } from "../../plugin/core/token/decode-token.ts";
import { findKey, selectIssuer } from "../../plugin/core/token/find-key.ts";
import { verifySignature } from "../../plugin/core/token/verify-signature.ts";
import { createFetcher } from "../../plugin/keys/fetch/fetch-json.ts";
import { indexKeys, selectKey } from "../../plugin/keys/import/select-key.ts";
import { loadKeySet } from "../../plugin/keys/life/load-key-set.ts";
import { createVerificationKey } from "../../plugin/keys/verify/verification-key.ts";
import { readPolicy } from "../../plugin/policy/read-policy.ts";
import { compileDocument, ISSUER, policyDocument, requirementsOf } from "../../test/core/fixtures.ts";
import { type IssuerKeysSource, textSecretOf } from "./vector-issuer.ts";

/**
 * Judges vectors that are signed but are not claims sets. The judge splits the token as in a request, checks issuer and algorithm,
 * loads and selects keys, and verifies the signature. The judge does not read the payload as claims, and accepts the given `iss`.
 * The result is `accepted` or the reason. For unreadable tokens and unusable keys, the result also gives the cause.
 */

export async function judgeJws(token: string, source: IssuerKeysSource): Promise<string> {
  const policy = readPolicy(JSON.stringify(documentOf(forToken(source, token))), "0".repeat(64));
  if (!policy.ok) {
    return `policy refused: ${policy.failure.map(({ code }) => code).join(", ")}`;
  }
  const keys: VerificationKey[] = [];
  const unusable: string[] = [];
  for (const issuer of policy.value.issuers.values()) {
    for (const origin of issuer.keys) {
      try {
        const loaded = await loadKeySet(origin, { files: source.files, fetchJson: createFetcher() }, FETCH_TIMEOUT_MS);
        const imported = await loaded.importFor(issuer);
        keys.push(...imported.keys);
        const reasons = [...imported.leaked, ...imported.ignored, ...imported.unused];
        unusable.push(...reasons.map((reason) => reason.replace(KID, "")));
      } catch (error) {
        unusable.push(error instanceof Error ? error.message : "not loaded");
      }
    }
  }
  return judgeWith(token, policy.value, keys, unusable.join("; "));
}

/** Judges a token with any secret, even with a secret that a policy must not have. */
export function judgeJwsWithAnySecret(token: string, secret: Uint8Array): Promise<string> {
  const key = createVerificationKey(ISSUER, undefined, "HS256", createSecretKey(secret));
  return judgeWith(token, compileDocument(documentOf(textSecretOf("", "HS256"))), [key], "");
}

const FETCH_TIMEOUT_MS = 1_000;
/** Vectors have arbitrary kids, so only the reason counts. */
const KID = /, kid "(?:[^"\\]|\\.)*"/;

/** A key without `alg` is for one RSA algorithm. The issuer in the test names only the token's algorithm. */
function forToken(source: IssuerKeysSource, token: string): IssuerKeysSource {
  const jws = decodeJws(token);
  const alg = jws.ok ? jws.value.joseHeader.alg : undefined;
  const isRsa = (algorithm: string): boolean => /^(?:RS|PS)/.test(algorithm);
  return alg !== undefined && isRsa(alg) && source.algorithms.includes(alg)
    ? { ...source, algorithms: source.algorithms.filter((algorithm) => !isRsa(algorithm) || algorithm === alg) }
    : source;
}

function documentOf({ algorithms, keys }: IssuerKeysSource): Record<string, unknown> {
  return policyDocument({ issuer: ISSUER, audiences: ["any"], algorithms, keys });
}

async function judgeWith(
  token: string,
  policy: CompiledPolicy,
  keys: readonly VerificationKey[],
  unusable: string,
): Promise<string> {
  const jws = decodeJws(token);
  if (!jws.ok) {
    return describe(jws.failure, jws.failure.detail);
  }
  const { joseHeader, signingInput, signature } = jws.value;
  const claims = { iss: ISSUER };
  const selected = selectIssuer(policy, requirementsOf(), joseHeader, claims);
  if (!selected.ok) {
    return describe(selected.failure);
  }
  const index = indexKeys(keys);
  const source: KeySource = { find: (_issuer, wanted) => selectKey(index, wanted) };
  const located = await findKey(source, selected.value, joseHeader, claims);
  if (!located.ok) {
    return describe(located.failure, unusable);
  }
  const verified = await verifySignature({ signingInput, signature, unverifiedClaims: claims }, located.value);
  return verified.ok ? "accepted" : describe(verified.failure);
}

function describe({ reason }: Denial, detail?: string): string {
  return detail ? `${reason}: ${detail}` : reason;
}
