import { KeyObject } from "node:crypto";
import { type CryptoKey, importJWK, type JWK } from "jose";
import { findPrivateMember, fittingAlgorithms, isMeantForVerifying } from "../core/jwk.ts";
import type { VerificationKey } from "../core/key.ts";
import type { CompiledIssuer } from "../core/policy.ts";
import { createVerificationKey } from "./verification-key.ts";

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192;
const MAX_RSA_EXPONENT = 2n ** 32n - 1n;
const MAX_KEYS = 100;

export interface ImportedKeySet {
  readonly keys: readonly VerificationKey[];
  /** Why keys of the set are not used, for the operator; no key material. */
  readonly ignored: readonly string[];
}

/**
 * Turns a JWK Set (RFC 7517 section 5) into keys of one issuer. A key serves each of the issuer's algorithms that its type
 * and its own `alg`, `use` and `key_ops` allow. Keys that do not fit are left out, as section 5 asks.
 *
 * @param jwks what the issuer published: not trusted to have any form.
 */
export async function importKeySet(jwks: unknown, issuer: CompiledIssuer): Promise<ImportedKeySet> {
  const list: unknown = typeof jwks === "object" && jwks !== null && "keys" in jwks ? jwks.keys : undefined;
  if (!Array.isArray(list)) {
    return { keys: [], ignored: ["the key set has no list `keys`"] };
  }
  const keys: VerificationKey[] = [];
  const ignored: string[] =
    list.length > MAX_KEYS ? [`only the first ${MAX_KEYS} of ${list.length} keys are read`] : [];
  for (const [index, jwk] of list.slice(0, MAX_KEYS).entries()) {
    try {
      keys.push(...(await importKey(jwk, issuer)));
    } catch (error) {
      ignored.push(`key ${index}: ${error instanceof Error ? error.message : "not usable"}`);
    }
  }
  return { keys: dropDuplicates(keys, ignored), ignored };
}

/** @throws Error that says why the key can not be used. */
async function importKey(jwk: unknown, issuer: CompiledIssuer): Promise<VerificationKey[]> {
  if (typeof jwk !== "object" || jwk === null) {
    throw new Error("not an object");
  }
  const published: JWK = jwk;
  const { kid } = published;
  if (findPrivateMember(published) !== undefined) {
    throw new Error("has private members; treat it as leaked");
  }
  if (!isMeantForVerifying(published)) {
    throw new Error("not meant for signatures");
  }
  if (kid !== undefined && typeof kid !== "string") {
    throw new Error("kid is not a string");
  }
  const algorithms = fittingAlgorithms(published).filter((algorithm) => issuer.algorithms.has(algorithm));
  const [first] = algorithms;
  if (first === undefined) {
    return []; // Providers publish keys for more purposes than one policy has.
  }
  // Web Crypto binds a key to an algorithm, a KeyObject does not: one import serves all of them.
  const publicKey = KeyObject.from((await importJWK(published, first)) as CryptoKey);
  checkStrength(publicKey);
  return algorithms.map((algorithm) => createVerificationKey(issuer.issuer, kid, algorithm, publicKey));
}

function checkStrength({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): void {
  if (asymmetricKeyType !== "rsa") {
    return;
  }
  const { modulusLength = 0, publicExponent = 0n } = asymmetricKeyDetails ?? {};
  if (modulusLength < MIN_RSA_BITS || modulusLength > MAX_RSA_BITS) {
    throw new Error(`an RSA key of ${modulusLength} bits; ${MIN_RSA_BITS} to ${MAX_RSA_BITS} are used`);
  }
  // Even or tiny exponents protect nothing; huge ones, which nobody uses, make every check cost milliseconds.
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > MAX_RSA_EXPONENT) {
    throw new Error("an RSA key with an unusable public exponent");
  }
}

/** Two keys with one name leave open which is meant; the first counts, and the operator hears of it. */
function dropDuplicates(keys: readonly VerificationKey[], ignored: string[]): VerificationKey[] {
  const seen = new Set<string>();
  return keys.filter(({ kid, algorithm }) => {
    const name = JSON.stringify([kid, algorithm]);
    const isNew = kid === undefined || !seen.has(name);
    seen.add(name);
    if (!isNew) {
      ignored.push(`a second ${algorithm} key with the same kid`);
    }
    return isNew;
  });
}
