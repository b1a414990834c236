import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import type { JoseHeader } from "../../core/model/token.ts";
import type { Jwk } from "../rules/jwk.ts";

/** Longest certificate in base64. Most certificates have about 2,000 characters. */
const MAX_CERTIFICATE_LENGTH = 16_384;
const MAX_NAME_LENGTH = 256;
/** RFC 7517 section 4.7: base64 with the standard alphabet. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The names that a certificate gives to its key, each with its kind, such as `x5t#S256 Zm9v…`. */
export interface CertificateNames {
  readonly names: readonly string[];
  /** A message for the operator if the certificate cannot name the key. */
  readonly note: string | undefined;
}

/**
 * The names under which tokens may name a key by its certificate (RFC 7517 sections 4.8 and 4.9). They are the key's own `x5t` and
 * `x5t#S256`, and the thumbprints of its first certificate in `x5c`. Such a name proves nothing. SHA-1 can be forged, so only a
 * valid signature shows that a key is the right one.
 */
export function readCertificateNames(jwk: Jwk, publicKey: KeyObject): CertificateNames {
  const own = namesOf(asName(jwk.x5t), asName(jwk["x5t#S256"]));
  const certificate = readFirstCertificate(jwk);
  if (certificate === undefined) {
    return { names: own, note: undefined };
  }
  // RFC 7517 section 4.7: the certificate must have the same public key.
  if (!certificate?.publicKey.equals(publicKey)) {
    return {
      names: own,
      note: "its x5c does not begin with a certificate for this key, so no token can name the key by x5c",
    };
  }
  const { raw } = certificate;
  const computed = namesOf(thumbprintOf("sha1", raw), thumbprintOf("sha256", raw));
  return { names: [...new Set([...own, ...computed])], note: undefined };
}

/** The names of a certificate in a token's header (RFC 7515 sections 4.1.7 and 4.1.8). */
export function certificateNamesOf({ x5t, x5tS256 }: JoseHeader): readonly string[] {
  return namesOf(x5t, x5tS256);
}

/** Whether two names have the same kind, so that one key cannot have both. */
export function areOfOneKind(name: string, other: string): boolean {
  return name.startsWith("x5t#") === other.startsWith("x5t#");
}

function namesOf(x5t: string | undefined, x5tS256: string | undefined): readonly string[] {
  const ofKind = (kind: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${kind} ${value}`];
  return [...ofKind("x5t", x5t), ...ofKind("x5t#S256", x5tS256)];
}

function asName(value: unknown): string | undefined {
  return typeof value === "string" && value.length <= MAX_NAME_LENGTH ? value : undefined;
}

function thumbprintOf(hash: "sha1" | "sha256", bytes: Uint8Array): string {
  return createHash(hash).update(bytes).digest("base64url");
}

/** Undefined if the key has no certificate. Null if its certificate cannot be read. */
export function readFirstCertificate({ x5c }: Jwk): X509Certificate | null | undefined {
  if (x5c === undefined) {
    return undefined;
  }
  const [first] = Array.isArray(x5c) ? (x5c as readonly unknown[]) : [];
  if (typeof first !== "string" || first.length > MAX_CERTIFICATE_LENGTH || !BASE64.test(first)) {
    return null;
  }
  try {
    return new X509Certificate(Buffer.from(first, "base64"));
  } catch {
    return null;
  }
}
