import { constants, type KeyObject, verify } from "node:crypto";
import type { VerificationKey } from "../core/key.ts";

interface VerifyParameters {
  /** Null where the algorithm brings its own hash. */
  readonly hash: string | null;
  readonly options: { readonly padding?: number; readonly saltLength?: number; readonly dsaEncoding?: "ieee-p1363" };
  /** Exact length of a signature in bytes; undefined for RSA, whose signatures are as long as the modulus. */
  readonly signatureBytes?: number;
}

const ED25519: VerifyParameters = { hash: null, options: {}, signatureBytes: 64 };

const rsaPkcs1 = (hash: string): VerifyParameters => ({ hash, options: { padding: constants.RSA_PKCS1_PADDING } });

/** RFC 7518 section 3.5: the salt is as long as the hash, no shorter and no longer. */
const rsaPss = (hash: string): VerifyParameters => ({
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
});

/** RFC 7518 section 3.4: `r` and `s`, each as long as the curve's order, and never DER. */
const ecdsa = (hash: string, signatureBytes: number): VerifyParameters => ({
  hash,
  options: { dsaEncoding: "ieee-p1363" },
  signatureBytes,
});

/** How each JOSE algorithm verifies (RFC 7518 section 3, RFC 8037 section 3.1, RFC 9864 section 2.2). */
const PARAMETERS: Readonly<Record<string, VerifyParameters>> = {
  RS256: rsaPkcs1("sha256"),
  RS384: rsaPkcs1("sha384"),
  RS512: rsaPkcs1("sha512"),
  PS256: rsaPss("sha256"),
  PS384: rsaPss("sha384"),
  PS512: rsaPss("sha512"),
  ES256: ecdsa("sha256", 64),
  ES384: ecdsa("sha384", 96),
  ES512: ecdsa("sha512", 132),
  EdDSA: ED25519,
  Ed25519: ED25519,
};

/**
 * Binds a public key to one issuer and one algorithm. Verification is synchronous: on two cores it costs less than the
 * detour over the thread pool that Web Crypto takes.
 */
export function createVerificationKey(
  issuer: string,
  kid: string | undefined,
  algorithm: string,
  publicKey: KeyObject,
): VerificationKey {
  const parameters = PARAMETERS[algorithm];
  if (!parameters) {
    throw new RangeError(`no verification for algorithm ${algorithm}`);
  }
  const { hash, options } = parameters;
  // RFC 8017 sections 8.1.2 and 8.2.2, step 1. OpenSSL takes a PSS signature without its leading zero bytes as well, and then one
  // token has two texts.
  const signatureBytes =
    parameters.signatureBytes ?? Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  const key = { key: publicKey, ...options };
  return {
    issuer,
    kid,
    algorithm,
    verify: (signingInput, signature) =>
      signature.byteLength === signatureBytes && verify(hash, signingInput, key, signature),
  };
}
