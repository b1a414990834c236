import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import type { JoseHeader } from "../../core/model/token.ts";
import type { Jwk } from "../rules/jwk.ts";

/** Longest accepted certificate, in base64 characters. Most certificates have about 2,000 characters. */
const MAX_CERTIFICATE_LENGTH = 16_384;
const MAX_NAME_LENGTH = 256;
/** A certificate's text (RFC 7517 section 4.7): base64 with the standard alphabet. */
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * The names by which a token can refer to the certificate of this key. Each name begins with its kind, such as
 * `x5t#S256 Zm9v…`.
 */
export interface CertificateNames {
  readonly names: readonly string[];
  /** A message for the operator if the certificate gives the key no name. */
  readonly note: string | undefined;
}

/**
 * Returns the names by which tokens may refer to a key's certificate (RFC 7517 sections 4.8 and 4.9). The names are the
 * key's own `x5t` and `x5t#S256`, and the thumbprints of its first certificate in `x5c`. A matching name proves
 * nothing, because SHA-1 thumbprints can be forged. Only a valid signature shows that a key is the right one.
 */
export function readCertificateNames(jwk: Jwk, publicKey: KeyObject): CertificateNames {
  const own = namesOf(asName(jwk.x5t), asName(jwk["x5t#S256"]));
  const certificate = readFirstCertificate(jwk);
  if (certificate === undefined) {
    return { names: own, note: undefined };
  }
  // RFC 7517 section 4.7: the certificate must contain the same public key as the JWK.
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

/** Returns the certificate names in a token's header (RFC 7515 sections 4.1.7 and 4.1.8). */
export function certificateNamesOf({ x5t, x5tS256 }: JoseHeader): readonly string[] {
  return namesOf(x5t, x5tS256);
}

/** Whether two certificate names have the same kind. One key cannot have two names of one kind. */
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

/** Returns undefined if the JWK has no certificate. Returns null if the JWK's certificate cannot be read. */
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
