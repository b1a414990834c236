import { decodeBase64url } from "../../core/text/base64url.ts";
import type { Jwk } from "../rules/jwk.ts";

/** A public key with only the members that make up the key. Other code checks the members that describe the key's use. */
export type PublicMembers = Readonly<Record<string, string>>;

/** Length of a coordinate on each curve, in bytes (RFC 7518 section 6.2.1.2, RFC 8037 section 2). */
const COORDINATE_BYTES: Readonly<Record<string, number>> = { "P-256": 32, "P-384": 48, "P-521": 66, Ed25519: 32 };

/**
 * Reads the members of a public key, as strictly as the plugin decodes a token's segments. So there is only one valid
 * spelling of each key, and only one thumbprint.
 *
 * @param jwk must have a supported `kty` and `crv`.
 * @throws Error that names the member and says what is wrong, without its value.
 */
export function readPublicMembers(jwk: Jwk): PublicMembers {
  const { kty, crv } = jwk;
  if (kty === "RSA") {
    return { kty, n: readInteger(jwk, "n"), e: readInteger(jwk, "e") };
  }
  const curve = String(crv);
  const x = readCoordinate(jwk, "x", curve);
  return kty === "EC"
    ? { kty, crv: curve, x, y: readCoordinate(jwk, "y", curve) }
    : { kty: String(kty), crv: curve, x };
}

/** Decodes a "Base64urlUInt" (RFC 7518 section 2). The value must have as few octets as possible. */
function readInteger(jwk: Jwk, member: string): string {
  const { text, bytes } = readBytes(jwk, member);
  if (bytes[0] === 0) {
    throw new Error(`the member ${member} begins with a zero octet`);
  }
  return text;
}

/**
 * Decodes a coordinate (RFC 7518 section 6.2.1.2). The value must have the full length, including leading zero octets.
 */
function readCoordinate(jwk: Jwk, member: string, curve: string): string {
  const { text, bytes } = readBytes(jwk, member);
  const length = COORDINATE_BYTES[curve];
  if (bytes.byteLength !== length) {
    throw new Error(`the member ${member} has ${bytes.byteLength} octets; on ${curve} it must have ${length}`);
  }
  return text;
}

function readBytes(jwk: Jwk, member: string): { readonly text: string; readonly bytes: Uint8Array } {
  const text = jwk[member];
  if (typeof text !== "string" || text === "") {
    throw new Error(`the member ${member} is missing or is not a string`);
  }
  const bytes = decodeBase64url(text);
  if (!bytes) {
    throw new Error(`the member ${member} is not canonical base64url without padding`);
  }
  return { text, bytes };
}
