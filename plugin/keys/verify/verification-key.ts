import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { SIGNATURE_INVALID, type SignatureCheck, type VerificationKey } from "../../core/model/key.ts";
import { PASSED } from "../../core/model/result.ts";
import { createPooledVerifier } from "./pooled-verifier.ts";

interface VerifyParameters {
  /** The hash; null if the algorithm itself fixes the hash. */
  readonly hash: string | null;
  readonly options: { readonly padding?: number; readonly saltLength?: number; readonly dsaEncoding?: "ieee-p1363" };
  /** Exact length of a signature in bytes; undefined for RSA, because an RSA signature is as long as the modulus. */
  readonly signatureBytes?: number;
}

const ED25519: VerifyParameters = { hash: null, options: {}, signatureBytes: 64 };

const rsaPkcs1 = (hash: string): VerifyParameters => ({ hash, options: { padding: constants.RSA_PKCS1_PADDING } });

/** RFC 7518 section 3.5: the salt is as long as the hash, no shorter and no longer. */
const rsaPss = (hash: string): VerifyParameters => ({
  hash,
  options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
});

/**
 * RFC 7518 section 3.4: the signature is `r` and `s`, each as long as the curve's order. A signature in DER encoding is
 * never accepted.
 */
const ecdsa = (hash: string, signatureBytes: number): VerifyParameters => ({
  hash,
  options: { dsaEncoding: "ieee-p1363" },
  signatureBytes,
});

/**
 * The parameters for the signature checks of each JOSE algorithm (RFC 7518 section 3, RFC 8037 section 3.1, RFC 9864
 * section 2.2).
 */
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

/** The hash of each HMAC algorithm (RFC 7518 section 3.2). */
const SECRET_HASHES: Readonly<Record<string, string>> = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };

/**
 * Binds a key to one issuer and one algorithm. Quick checks run synchronously, because handing a check to the thread
 * pool would cost more than the check itself. Slow checks run in the thread pool, so that other requests do not wait.
 */
export function createVerificationKey(
  issuer: string,
  kid: string | undefined,
  algorithm: string,
  key: KeyObject,
): VerificationKey {
  // The key's own type decides how a signature is verified, and not the name of the algorithm. So a public key is never
  // used as an HMAC secret.
  const verifySignature =
    key.type === "secret" ? createHmacVerifier(algorithm, key) : createPublicKeyVerifier(algorithm, key);
  return { issuer, kid, algorithm, verify: verifySignature };
}

function createHmacVerifier(algorithm: string, secret: KeyObject): VerificationKey["verify"] {
  const hash = SECRET_HASHES[algorithm];
  if (hash === undefined) {
    throw new RangeError(`signatures of algorithm ${algorithm} cannot be verified with a secret`);
  }
  return (signingInput, signature) => {
    const expected = createHmac(hash, secret).update(signingInput).digest();
    // RFC 7518 section 3.2: the comparison takes constant time. With a faster comparison, an attacker could guess the signature
    // byte by byte.
    return toCheck(signature.byteLength === expected.byteLength && timingSafeEqual(signature, expected));
  };
}

function createPublicKeyVerifier(algorithm: string, publicKey: KeyObject): VerificationKey["verify"] {
  const parameters = PARAMETERS[algorithm];
  if (!parameters) {
    throw new RangeError(`signatures of algorithm ${algorithm} cannot be verified with a public key`);
  }
  const { hash, options } = parameters;
  // RFC 8017 sections 8.1.2 and 8.2.2, step 1, require that the signature has the exact length. OpenSSL also accepts a PSS
  // signature without its leading zero bytes. Without the check of the length, there could be two ways to write the
  // same token.
  const signatureBytes = parameters.signatureBytes ?? bytesOfModulus(publicKey);
  const key = { key: publicKey, ...options };
  const verifyExact = isSlow(publicKey)
    ? createPooledVerifier(hash, key)
    : (signingInput: Uint8Array, signature: Uint8Array) => toCheck(verify(hash, signingInput, key, signature));
  return (signingInput, signature, client) =>
    signature.byteLength === signatureBytes ? verifyExact(signingInput, signature, client) : SIGNATURE_INVALID;
}

function bytesOfModulus({ asymmetricKeyDetails: { modulusLength } = {} }: KeyObject): number {
  return Math.ceil(Number(modulusLength) / 8);
}

function toCheck(isValid: boolean): SignatureCheck {
  return isValid ? PASSED : SIGNATURE_INVALID;
}

const SLOW_CURVES: ReadonlySet<string | undefined> = new Set(["secp384r1", "secp521r1"]);

/**
 * A check takes 0.8 ms with P-384, 1.8 ms with P-521 and 0.4 ms with RSA of 8192 bits. The checks of other algorithms
 * take about a tenth of these times.
 */
function isSlow({ asymmetricKeyDetails: { namedCurve, modulusLength } = {} }: KeyObject): boolean {
  return SLOW_CURVES.has(namedCurve) || Number(modulusLength) > 4096;
}
