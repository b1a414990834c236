import type { KeyObject } from "node:crypto";

/**
 * The y coordinates of the eight points of small order on edwards25519, in hex as RFC 8032 section 5.1.2 encodes them.
 * Decoders also accept other encodings of 0 and 1, so the list contains the other encodings too. In all entries of the
 * list, the highest bit (the sign of x) is 0.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  `${"00".repeat(32)}`,
  `01${"00".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
]);

/**
 * Says why an Ed25519 key is weak; undefined for a strong key, and for keys of other types. If the key is a point of small order,
 * anyone can make a signature that is valid for many messages, or for all messages. OpenSSL in Node 20 does not check for such
 * keys.
 */
export function findEd25519Weakness(publicKey: KeyObject): string | undefined {
  if (publicKey.asymmetricKeyType !== "ed25519") {
    return undefined;
  }
  const point = Buffer.from(String(publicKey.export({ format: "jwk" }).x), "base64url");
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  return SMALL_ORDER.has(point.toString("hex"))
    ? "an Ed25519 key of small order: anyone can make signatures that are valid for this key"
    : undefined;
}
