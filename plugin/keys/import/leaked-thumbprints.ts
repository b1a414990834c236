import { createECDH, createPrivateKey, createPublicKey } from "node:crypto";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { Jwk } from "../rules/jwk.ts";

/** OpenSSL's name of each curve, and the length of its coordinates in bytes. */
const CURVES: Readonly<Record<string, readonly [name: string, bytes: number]>> = {
  "P-256": ["prime256v1", 32],
  "P-384": ["secp384r1", 48],
  "P-521": ["secp521r1", 66],
};
/** The bytes of PKCS #8 (RFC 8410 section 7) before the 32 bytes of an Ed25519 private key. */
const ED25519_PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/**
 * Returns the RFC 7638 thumbprints of a key whose private part was published. The thumbprints identify the key wherever its
 * public part appears. The function also accepts spellings that the import rejects, because a key is leaked in whatever
 * spelling it was published. Returns two thumbprints if the JWK's public part does not belong to the JWK's private
 * part, because both public keys may be in use.
 */
export async function findLeakedThumbprints(jwk: Jwk): Promise<readonly string[]> {
  const parts = [normalise(jwk), derivePublic(jwk)].filter((part) => part !== undefined);
  const thumbprints = await Promise.all(parts.map((part) => calculateJwkThumbprint(part, "sha256").catch(() => "")));
  return [...new Set(thumbprints)].filter((thumbprint) => thumbprint !== "");
}

/** The members of a JWK from which a thumbprint is computed, in the canonical order of RFC 7638. */
function normalise(jwk: Jwk): JWK | undefined {
  switch (jwk.kty) {
    case "RSA":
      return { kty: "RSA", n: integer(jwk.n), e: integer(jwk.e) };
    case "EC": {
      const [, bytes = 0] = CURVES[String(jwk.crv)] ?? [];
      return { kty: "EC", crv: String(jwk.crv), x: coordinate(jwk.x, bytes), y: coordinate(jwk.y, bytes) };
    }
    case "OKP":
      return { kty: "OKP", crv: String(jwk.crv), x: coordinate(jwk.x, 32) };
    case "oct":
      return { kty: "oct", k: bytesOf(jwk.k).toString("base64url") };
    default:
      return undefined;
  }
}

/** The public key that belongs to `d`. The JWK may also contain a different public key. */
function derivePublic({ kty, crv, d }: Jwk): JWK | undefined {
  if (typeof d !== "string") {
    return undefined;
  }
  try {
    const [curve, bytes] = CURVES[String(crv)] ?? [];
    if (kty === "EC" && curve !== undefined && bytes !== undefined) {
      const pair = createECDH(curve);
      pair.setPrivateKey(bytesOf(d));
      const point = pair.getPublicKey();
      const at = (start: number): string => point.subarray(start, start + bytes).toString("base64url");
      return { kty, crv: String(crv), x: at(1), y: at(1 + bytes) };
    }
    if (kty === "OKP" && crv === "Ed25519") {
      const key = Buffer.concat([ED25519_PKCS8, bytesOf(d)]);
      const privateKey = createPrivateKey({ key, format: "der", type: "pkcs8" });
      return createPublicKey(privateKey).export({ format: "jwk" }) as JWK;
    }
  } catch {
    // `d` is not a private key of this curve.
  }
  return undefined;
}

const bytesOf = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : "", "base64url");

/** Removes leading zero octets. */
function integer(value: unknown): string {
  const bytes = bytesOf(value);
  const start = bytes.findIndex((byte) => byte !== 0);
  return bytes.subarray(start === -1 ? bytes.byteLength : start).toString("base64url");
}

/** Adds the leading zero octets that the curve requires. */
function coordinate(value: unknown, length: number): string {
  const significant = Buffer.from(integer(value), "base64url");
  const missing = Math.max(0, length - significant.byteLength);
  return Buffer.concat([Buffer.alloc(missing), significant]).toString("base64url");
}
