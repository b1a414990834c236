import { KeyObject } from "node:crypto";
import { type CryptoKey, calculateJwkThumbprint, importJWK, type JWK } from "jose";
import { findPrivateMember, fittingAlgorithms, isMeantForVerifying, type Jwk } from "../core/jwk.ts";
import type { VerificationKey } from "../core/key.ts";
import type { CompiledIssuer } from "../core/policy.ts";
import { findEd25519Weakness } from "./ed25519-weakness.ts";
import { findRsaWeakness } from "./rsa-weakness.ts";
import { createVerificationKey } from "./verification-key.ts";

const MAX_KEYS = 100;

export interface ImportedKeySet {
  readonly keys: readonly VerificationKey[];
  /** Why keys of the set are not used, for the operator; no key material. */
  readonly ignored: readonly string[];
  /** Why somebody has to act: private keys are out. */
  readonly leaked: readonly string[];
}

/** The private part of a key, where everyone can read it. */
class LeakedKeyError extends Error {}

/**
 * Turns a JWK Set (RFC 7517 section 5) into keys of one issuer. A key serves each of the issuer's algorithms that its type
 * and its own `alg`, `use` and `key_ops` allow. Keys that do not fit are left out, as section 5 asks.
 *
 * @param jwks what the issuer published: not trusted to have any form.
 * @param thumbprints of the only keys that may be used (RFC 7638, SHA-256); undefined for any.
 */
export async function importKeySet(
  jwks: unknown,
  issuer: CompiledIssuer,
  thumbprints?: readonly string[],
): Promise<ImportedKeySet> {
  const list: unknown = typeof jwks === "object" && jwks !== null && "keys" in jwks ? jwks.keys : undefined;
  if (!Array.isArray(list)) {
    return { keys: [], ignored: ["the key set has no list `keys`"], leaked: [] };
  }
  const keys: VerificationKey[] = [];
  const ignored: string[] =
    list.length > MAX_KEYS ? [`only the first ${MAX_KEYS} of ${list.length} keys are read`] : [];
  const leaked: string[] = [];
  for (const [index, jwk] of list.slice(0, MAX_KEYS).entries()) {
    try {
      keys.push(...(await importKey(jwk, issuer, thumbprints)));
    } catch (error) {
      const list = error instanceof LeakedKeyError ? leaked : ignored;
      list.push(`key ${index}: ${error instanceof Error ? error.message : "not usable"}`);
    }
  }
  return { keys: dropDuplicates(keys, ignored), ignored, leaked };
}

/** @throws Error that says why the key can not be used. */
async function importKey(
  jwk: unknown,
  issuer: CompiledIssuer,
  thumbprints: readonly string[] | undefined,
): Promise<VerificationKey[]> {
  if (typeof jwk !== "object" || jwk === null) {
    throw new Error("not an object");
  }
  const published: JWK = jwk;
  const { kid } = published;
  const onlyFor = findOwner(published, issuer);
  if (findPrivateMember(published) !== undefined) {
    throw new LeakedKeyError(
      "its private part is published: whoever read it can make tokens; replace it at the issuer",
    );
  }
  if (thumbprints && !thumbprints.includes(await calculateJwkThumbprint(published, "sha256"))) {
    throw new Error("its thumbprint is not among those that the policy names");
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
  const weakness = findRsaWeakness(publicKey) ?? findEd25519Weakness(publicKey);
  if (weakness !== undefined) {
    throw new Error(weakness);
  }
  return algorithms.map((algorithm) => ({
    ...createVerificationKey(issuer.issuer, kid, algorithm, publicKey),
    onlyFor,
  }));
}

/** Entra publishes the keys of many tenants together, and says in `issuer` whose tokens each may sign: a template, or one issuer. */
function findOwner(published: Jwk, { issuer, template }: CompiledIssuer): string | undefined {
  const { issuer: owner } = published;
  if (!template || owner === undefined || owner === issuer) {
    return undefined;
  }
  if (typeof owner !== "string") {
    throw new Error("its issuer is not a string");
  }
  return owner;
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
