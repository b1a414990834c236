import { constants, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { JWK } from "jose";
import { rereadKey } from "../sandbox/stand-in/reread-key.ts";

/**
 * Recipes for tokens. Some tokens are well-formed, and no honest issuer would write the others. The keys are real. The
 * code has no state and no clock.
 */

type Size = "256" | "384" | "512";
export type SigningAlgorithm = `${"RS" | "PS" | "ES"}${Size}` | "EdDSA" | "Ed25519";

export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateKey: KeyObject;
  /** The key in the form in which an issuer publishes it, with `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
}

/** Makes a new key. RSA takes a large part of a second, so generate RSA keys only once in each test file. */
export function generateSigningKey(alg: SigningAlgorithm, kid: string): SigningKey {
  const pair = generatePair(alg);
  const [privateKey, publicKey] = [rereadKey(pair.privateKey), rereadKey(pair.publicKey)];
  const publicJwk: JWK = { ...(publicKey.export({ format: "jwk" }) as JWK), kid, alg, use: "sig" };
  return { kid, alg, privateKey, publicJwk };
}

/**
 * A token with `alg`, `kid` and `typ: at+jwt`. `header` replaces each of these, and a member that is undefined removes
 * it.
 */
export function mintToken(options: {
  readonly key: SigningKey;
  readonly header?: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
}): string {
  const { key, header, claims } = options;
  const joseHeader = { alg: key.alg, kid: key.kid, typ: "at+jwt", ...header };
  return signRaw(key, JSON.stringify(joseHeader), JSON.stringify(claims));
}

/** Signs exactly these bytes, of any content, with the algorithm of the key. */
export function signRaw(key: SigningKey, headerText: string | Uint8Array, payloadText: string | Uint8Array): string {
  return signSegments(key, encodeSegment(headerText), encodeSegment(payloadText));
}

/** Signs two segments unchanged, even if they are not canonical base64url. */
export function signSegments(key: SigningKey, headerSegment: string, payloadSegment: string): string {
  const signingInput = `${headerSegment}.${payloadSegment}`;
  return `${signingInput}.${encodeSegment(signBytes(key, Buffer.from(signingInput, "latin1")))}`;
}

/** Only the signature, in the form that RFC 7518 section 3 and RFC 8037 section 3.1 require. */
export function signBytes({ alg, privateKey }: SigningKey, signingInput: Uint8Array): Uint8Array {
  const hash = `sha${alg.slice(2)}`;
  switch (alg.slice(0, 2)) {
    case "RS":
      return sign(hash, signingInput, { key: privateKey, padding: constants.RSA_PKCS1_PADDING });
    case "PS":
      return sign(hash, signingInput, {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case "ES":
      return sign(hash, signingInput, { key: privateKey, dsaEncoding: "ieee-p1363" });
    default:
      return sign(null, signingInput, privateKey);
  }
}

/** Canonical base64url of text (as UTF-8) or bytes. */
export function encodeSegment(content: string | Uint8Array): string {
  return Buffer.from(content).toString("base64url");
}

/** The same token with another signature. A text is used as the segment, and bytes are encoded. */
export function replaceSignature(token: string, signature: string | Uint8Array): string {
  const signingInput = token.slice(0, token.lastIndexOf("."));
  return `${signingInput}.${typeof signature === "string" ? signature : encodeSegment(signature)}`;
}

const CURVES: Readonly<Record<string, string>> = { ES256: "P-256", ES384: "P-384", ES512: "P-521" };

function generatePair(alg: SigningAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  const namedCurve = CURVES[alg];
  if (namedCurve !== undefined) {
    return generateKeyPairSync("ec", { namedCurve });
  }
  return alg === "EdDSA" || alg === "Ed25519"
    ? generateKeyPairSync("ed25519")
    : generateKeyPairSync("rsa", { modulusLength: 2048 });
}
