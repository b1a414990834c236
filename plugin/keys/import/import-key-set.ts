import { createPublicKey, type KeyObject } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { CompiledIssuer } from "../../core/model/policy.ts";
import { messageOf } from "../../core/text/error-message.ts";
import { algorithmsOfType, findPrivateMember, fittingAlgorithms, isMeantForVerifying, type Jwk } from "../rules/jwk.ts";
import { isStandIn, STAND_IN_REFUSED } from "../rules/stand-in.ts";
import { createVerificationKey } from "../verify/verification-key.ts";
import { readCertificateNames } from "./certificate-names.ts";
import { keepFirst } from "./combine-keys.ts";
import { findEd25519Weakness } from "./ed25519-weakness.ts";
import type { ImportedKey, ImportedKeySet } from "./imported-key.ts";
import { findLeakedThumbprints } from "./leaked-thumbprints.ts";
import { readPublicMembers } from "./public-members.ts";
import { findRsaWeakness } from "./rsa-weakness.ts";

const MAX_KEYS = 100;
const MAX_SHOWN = 64;

/** The lists of an {@link ImportedKeySet} while keys are added to them. */
type Found = { readonly [Name in keyof ImportedKeySet]: ImportedKeySet[Name][number][] };

/** Thrown for a key that is not faulty but has another purpose. */
class OtherPurposeError extends Error {}

/**
 * Turns a JWK Set (RFC 7517 section 5) into keys of one issuer. Each key is used for one algorithm (RFC 8725bis section
 * 3.1). Unsuitable keys are skipped, as RFC 7517 section 5 requires.
 *
 * @param jwks what the issuer published. The value is untrusted and may have any form.
 * @param thumbprints the thumbprints (RFC 7638, SHA-256) of the only keys that may be used; undefined if every key may
 * be used.
 */
export async function importKeySet(
  jwks: unknown,
  issuer: CompiledIssuer,
  thumbprints?: readonly string[],
): Promise<ImportedKeySet> {
  const found: Found = { keys: [], ignored: [], unused: [], notes: [], leaked: [], leakedThumbprints: [] };
  const list = findKeyList(jwks);
  if (!list) {
    return { ...found, ignored: ["the key set has no list `keys`"] };
  }
  if (list.length > MAX_KEYS) {
    found.ignored.push(`only the first ${MAX_KEYS} of ${list.length} keys are read`);
  }
  // The loop checks all entries for private members, even the entries after the first `MAX_KEYS`. A key set has at most
  // about 1,600 entries.
  for (const [index, jwk] of list.entries()) {
    if (isObject(jwk) && findPrivateMember(jwk) !== undefined) {
      const advice =
        "the key's private part is published, so anyone who read it can make tokens; replace the key at the issuer";
      found.leaked.push(`${nameKey(index, jwk)}: ${advice}`);
      found.leakedThumbprints.push(...(await findLeakedThumbprints(jwk)));
    } else if (index < MAX_KEYS) {
      await addKey(found, nameKey(index, jwk), jwk, issuer, thumbprints);
    }
  }
  const { kept, dropped } = keepFirst(found.keys);
  return { ...found, keys: kept, ignored: [...found.ignored, ...dropped.map(({ reason }) => reason)] };
}

/** Returns the list `keys` of a JWK Set; undefined if the value is not a JWK Set. */
export function findKeyList(jwks: unknown): readonly unknown[] | undefined {
  return isObject(jwks) && Array.isArray(jwks.keys) ? jwks.keys : undefined;
}

async function addKey(
  found: Found,
  name: string,
  jwk: unknown,
  issuer: CompiledIssuer,
  thumbprints: readonly string[] | undefined,
): Promise<void> {
  try {
    const { keys, notes } = await importKey(jwk, issuer, thumbprints);
    found.keys.push(...keys);
    found.notes.push(...notes.map((note) => `${name}: ${note}`));
  } catch (error) {
    const reasons = error instanceof OtherPurposeError ? found.unused : found.ignored;
    reasons.push(`${name}: ${messageOf(error)}`);
  }
}

/** @throws Error that says why the key is not used. */
async function importKey(
  jwk: unknown,
  issuer: CompiledIssuer,
  thumbprints: readonly string[] | undefined,
): Promise<{ readonly keys: readonly ImportedKey[]; readonly notes: readonly string[] }> {
  if (!isObject(jwk)) {
    throw new Error("not an object");
  }
  const { kid } = jwk;
  const onlyFor = findOwner(jwk, issuer);
  if (!isMeantForVerifying(jwk)) {
    throw new OtherPurposeError("not meant for signatures");
  }
  const { algorithms, note } = bindAlgorithm(jwk, issuer);
  if (kid !== undefined && typeof kid !== "string") {
    throw new Error("kid is not a string");
  }
  if (isStandIn(kid)) {
    throw new Error(STAND_IN_REFUSED);
  }
  const members = readPublicMembers(jwk);
  const thumbprint = await calculateJwkThumbprint(members as unknown as JWK, "sha256");
  if (thumbprints && !thumbprints.includes(thumbprint)) {
    throw new Error("the policy does not name the key's thumbprint");
  }
  // Imports only the members that make up the public key. Members such as `key_ops` were checked before. Some importers
  // reject values of these members that RFC 7517 allows.
  const publicKey = readPublicKey(members);
  const weakness = findRsaWeakness(publicKey) ?? findEd25519Weakness(publicKey);
  if (weakness !== undefined) {
    throw new Error(weakness);
  }
  const certificate = readCertificateNames(jwk, publicKey);
  const keys = algorithms.map((algorithm) => ({
    ...createVerificationKey(issuer.issuer, kid, algorithm, publicKey),
    onlyFor,
    thumbprint,
    certificateNames: certificate.names,
    jwk: describeUse(jwk, members),
  }));
  return { keys, notes: [note, certificate.note].filter((text) => text !== undefined) };
}

/**
 * Binds a key to one algorithm. The algorithm is the key's `alg`. A key without `alg` gets the first of the issuer's
 * algorithms that fits the key. RS algorithms come before PS algorithms, even if the policy lists them in another
 * order. If the algorithm has two names, the function returns each name that the policy allows.
 *
 * @throws OtherPurposeError when no algorithm fits.
 */
function bindAlgorithm(
  jwk: Jwk,
  { algorithms }: CompiledIssuer,
): { readonly algorithms: readonly string[]; readonly note: string | undefined } {
  const allowed = [...algorithms].filter((algorithm) => fittingAlgorithms(jwk).includes(algorithm));
  const [first] = allowed;
  if (first === undefined) {
    throw new OtherPurposeError(describeMisfit(jwk));
  }
  if (jwk.kty !== "RSA" || allowed.length === 1) {
    return { algorithms: allowed, note: undefined };
  }
  const chosen = allowed.find((algorithm) => algorithm.startsWith("RS")) ?? first;
  const others = allowed.filter((algorithm) => algorithm !== chosen).join(", ");
  const note = `the key has no alg and is used for ${chosen} only, not for ${others}; name one RSA algorithm in the policy's algorithms`;
  return { algorithms: [chosen], note };
}

/** Says why none of the issuer's algorithms fits the key. */
function describeMisfit(jwk: Jwk): string {
  const { kty, crv, alg } = jwk;
  const type = crv === undefined ? show(kty) : `${show(kty)} with crv ${show(crv)}`;
  const ofType = algorithmsOfType(jwk);
  if (ofType.length === 0) {
    return `keys of type ${type} are not supported`;
  }
  const fitting = fittingAlgorithms(jwk);
  return fitting.length === 0
    ? `the key's alg ${show(alg)} does not fit its type ${type}`
    : `the key fits ${fitting.join(", ")}, which the policy's algorithms do not name`;
}

/** @throws Error when the members do not make a public key. */
function readPublicKey(members: ReturnType<typeof readPublicMembers>): KeyObject {
  try {
    return createPublicKey({ key: members, format: "jwk" });
  } catch {
    throw new Error("the members do not form a public key");
  }
}

/**
 * Builds the public JWK of a key. A later import reads the same key from this JWK. If the key lacks a member, the
 * member is undefined.
 */
function describeUse({ kid, alg, use, key_ops, issuer, x5t, "x5t#S256": x5tS256, x5c }: Jwk, members: Jwk): Jwk {
  const certificate = Array.isArray(x5c) ? x5c.slice(0, 1) : undefined;
  return { ...members, kid, alg, use, key_ops, issuer, x5t, "x5t#S256": x5tS256, x5c: certificate };
}

/**
 * Entra publishes the keys of many tenants together. Each key has a member `issuer`, which says whose tokens the key
 * may sign. The value of `issuer` is one issuer, or a template for many issuers.
 */
function findOwner(published: Jwk, { issuer, template }: CompiledIssuer): string | undefined {
  const { issuer: owner } = published;
  if (!template || owner === undefined || owner === issuer) {
    return undefined;
  }
  if (typeof owner !== "string") {
    throw new Error("the member issuer is not a string");
  }
  return owner;
}

/** Describes a key by its position in the key set and its kid. */
function nameKey(index: number, jwk: unknown): string {
  const kid = isObject(jwk) ? jwk.kid : undefined;
  return typeof kid === "string" ? `key ${index}, kid ${show(kid)}` : `key ${index}`;
}

/** Shortens and escapes a text from the provider for a message. */
function show(value: unknown): string {
  return JSON.stringify(typeof value === "string" ? value.slice(0, MAX_SHOWN) : typeof value);
}

function isObject(value: unknown): value is Jwk {
  return typeof value === "object" && value !== null;
}
