/** A certificate for 127.0.0.1 that vouches for itself, made without OpenSSL's program (RFC 5280 section 4.1). */
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";

const TAG = { integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17, sequence: 0x30, set: 0x31 };
/** Tags that stand for a member by its number. */
const VERSION_MEMBER = 0xa0;
const EXTENSIONS_MEMBER = 0xa3;
const IP_ADDRESS = 0x87;

const ECDSA_WITH_SHA256 = encode(TAG.sequence, encode(TAG.oid, Buffer.from("2a8648ce3d040302", "hex")));
const COMMON_NAME = encode(TAG.oid, Buffer.from("550403", "hex"));
const SUBJECT_ALT_NAME = encode(TAG.oid, Buffer.from("551d11", "hex"));

/** @returns certificate and key as PEM, for a day. */
export function createSelfSigned(): { readonly certificate: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const now = Date.now();
  const name = encode(
    TAG.sequence,
    encode(TAG.set, encode(TAG.sequence, COMMON_NAME, encode(TAG.utf8, Buffer.from("127.0.0.1")))),
  );
  const addresses = encode(TAG.sequence, encode(IP_ADDRESS, Buffer.from([127, 0, 0, 1])));
  const body = encode(
    TAG.sequence,
    encode(VERSION_MEMBER, encode(TAG.integer, Buffer.from([2]))),
    encode(TAG.integer, Buffer.from([1]), randomBytes(8)),
    ECDSA_WITH_SHA256,
    name,
    encode(TAG.sequence, encodeTime(now - 3_600_000), encodeTime(now + 86_400_000)),
    name,
    publicKey.export({ format: "der", type: "spki" }),
    encode(
      EXTENSIONS_MEMBER,
      encode(TAG.sequence, encode(TAG.sequence, SUBJECT_ALT_NAME, encode(TAG.octets, addresses))),
    ),
  );
  const signature = encode(TAG.bits, Buffer.from([0]), sign("sha256", body, privateKey));
  const certificate = encode(TAG.sequence, body, ECDSA_WITH_SHA256, signature).toString("base64");
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
  };
}

/** DER: tag, length, content. */
function encode(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

/** `YYMMDDHHMMSSZ`. */
function encodeTime(time: number): Buffer {
  return encode(TAG.time, Buffer.from(`${new Date(time).toISOString().replace(/\D/g, "").slice(2, 14)}Z`));
}
