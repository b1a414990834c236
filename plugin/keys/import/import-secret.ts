import { createHash, createSecretKey } from "node:crypto";
import type { CompiledIssuer, NamedKey, SecretEncoding } from "../../core/model/policy.ts";
import { SECRET_ALGORITHMS } from "../rules/jwk.ts";
import { isStandIn, STAND_IN_REFUSED } from "../rules/stand-in.ts";
import { createVerificationKey } from "../verify/verification-key.ts";
import { type ImportedKey, type ImportedKeySet, NO_KEYS } from "./imported-key.ts";

/** Longest secret in bytes. A longer file most likely contains something else. */
const MAX_BYTES = 1024;
/** Minimum number of different bytes in a secret. A secret with fewer different bytes is most likely a placeholder. */
const MIN_DIFFERENT_BYTES = 8;
const TRAILING_LINE_ENDS = /[\r\n]+$/;

/**
 * The characters that each encoding allows. The plugin checks the characters itself, because Node's decoders silently skip
 * unknown characters.
 */
const FORMS: Readonly<Record<Exclude<SecretEncoding, "text">, RegExp>> = {
  base64url: /^[A-Za-z0-9_-]+={0,2}$/,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  hex: /^(?:[0-9a-fA-F]{2})+$/,
};

/**
 * Matches public keys and key sets. A public key cannot be used as a secret, because anyone can read a public key (RFC
 * 8725 section 2.1).
 */
const PUBLIC_KEY = /-----BEGIN |^(?:ssh|ecdsa)-|"kty"/;

/**
 * Turns the content of a file into an issuer's secret. The secret is used for one algorithm (RFC 8725bis section 3.1).
 * The policy may name this algorithm. If the policy names no algorithm, the plugin uses the issuer's first HMAC
 * algorithm for which the secret is long enough (RFC 7518 section 3.2).
 *
 * @throws Error that says why the secret cannot be used. The message does not quote the secret.
 */
export function importSecret(
  content: Uint8Array,
  { encoding, kid, alg }: NamedKey & { readonly encoding: SecretEncoding },
  issuer: CompiledIssuer,
): ImportedKeySet {
  if (isStandIn(kid)) {
    throw new Error(STAND_IN_REFUSED);
  }
  const secret = decodeSecret(Buffer.from(content), encoding);
  if (secret.byteLength > MAX_BYTES) {
    throw new Error(`the secret has more than ${MAX_BYTES} bytes`);
  }
  const wanted = [...issuer.algorithms]
    .filter((algorithm) => SECRET_ALGORITHMS.includes(algorithm))
    .filter((algorithm) => alg === undefined || algorithm === alg);
  const served = wanted.filter((algorithm) => secret.byteLength >= minBytes(algorithm));
  const ignored = wanted
    .filter((algorithm) => !served.includes(algorithm))
    .map((algorithm) => `${algorithm} needs ${minBytes(algorithm)} bytes or more; the secret has ${secret.byteLength}`);
  if (served.length > 0 && new Set(secret).size < MIN_DIFFERENT_BYTES) {
    throw new Error("the secret repeats itself; use random bytes");
  }
  const key = createSecretKey(secret);
  const thumbprint = thumbprintOf(secret);
  const [bound, ...others] = served;
  const keys: ImportedKey[] =
    bound === undefined
      ? []
      : [{ ...createVerificationKey(issuer.issuer, kid, bound, key), thumbprint, jwk: undefined }];
  const note = `the secret is used for ${bound} only, not for ${others.join(", ")}; name its alg in the policy`;
  return { ...NO_KEYS, keys, ignored, notes: others.length > 0 ? [note] : [] };
}

/**
 * Returns the thumbprint of the secret (RFC 7638 section 3.2). With the thumbprint, the plugin recognises a secret that
 * the issuer publishes by mistake. The thumbprint of a secret is never written to a file.
 */
function thumbprintOf(secret: Buffer): string {
  return createHash("sha256")
    .update(JSON.stringify({ k: secret.toString("base64url"), kty: "oct" }))
    .digest("base64url");
}

/** RFC 7518 section 3.2: an HMAC secret must be at least as long as the hash's output. */
function minBytes(algorithm: string): number {
  return Number(algorithm.slice(2)) / 8;
}

function decodeSecret(content: Buffer, encoding: SecretEncoding): Buffer {
  const text = content.toString("latin1").replace(TRAILING_LINE_ENDS, "");
  if (PUBLIC_KEY.test(text)) {
    throw new Error("the file contains a PEM block, an SSH key or a JWK instead of a secret");
  }
  if (encoding === "text") {
    return Buffer.from(text, "latin1"); // The text was decoded as latin1, so this restores the file's bytes.
  }
  if (!FORMS[encoding].test(text)) {
    throw new Error(`the secret is not written in ${encoding}`);
  }
  return Buffer.from(text, encoding);
}
