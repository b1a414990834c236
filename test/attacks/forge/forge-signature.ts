import { constants, createHash, privateEncrypt, sign } from "node:crypto";
import { type SigningKey, signBytes } from "../../tokens.ts";

/** Signatures that an issuer would not make, or that need no private key of the issuer. */

type Forge = (key: SigningKey, signingInput: Uint8Array) => Uint8Array;

const ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const ORDER_OF_P521 =
  0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n;
const ORDER_OF_ED25519 = 2n ** 252n + 27742317777372353535851937790883648493n;
/** RFC 8017 section 9.2, note 1: the DigestInfo before a SHA-256 hash. */
const SHA256_INFO = Buffer.from("3031300d060960864801650304020105000420", "hex");
const SHA256_INFO_WITHOUT_NULL = Buffer.from("302f300b0609608648016503040201" + "0420", "hex");

const toBytes = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(length * 2, "0"), "hex");
const toNumber = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
const halves = (bytes: Uint8Array): [Uint8Array, Uint8Array] => [
  bytes.subarray(0, bytes.length / 2),
  bytes.subarray(bytes.length / 2),
];
const pair =
  (r: bigint, s: bigint): Forge =>
  () =>
    Buffer.concat([toBytes(r, 32), toBytes(s, 32)]);
const pss =
  (saltLength: number, hash = "sha256"): Forge =>
  ({ privateKey: key }, input) =>
    sign(hash, input, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const encrypted =
  (encode: (input: Uint8Array) => Buffer): Forge =>
  ({ privateKey: key }, input) =>
    privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, encode(input));

const FORGERIES = {
  none: () => Buffer.alloc(0),
  ofOtherText: (key) => signBytes(key, Buffer.from("another.token")),
  withFlippedBit: (key, input) => signBytes(key, input).map((byte, index) => (index === 7 ? byte ^ 1 : byte)),
  withoutLastByte: (key, input) => signBytes(key, input).subarray(0, -1),
  withZeroBefore: (key, input) => Buffer.concat([Buffer.from([0]), signBytes(key, input)]),
  withZeroBehind: (key, input) => Buffer.concat([signBytes(key, input), Buffer.from([0])]),
  hashOfInput: (_key, input) => sha256(input),

  ecDer: ({ privateKey: key }, input) => sign("sha256", input, { key, dsaEncoding: "der" }),
  ecSwapped: (key, input) => Buffer.concat(halves(signBytes(key, input)).reverse()),
  ecOverSha512: ({ privateKey: key }, input) => sign("sha512", input, { key, dsaEncoding: "ieee-p1363" }),
  ecZeros: pair(0n, 0n),
  ecZeroR: pair(0n, 1n),
  ecZeroS: pair(1n, 0n),
  ecOrders: pair(ORDER_OF_P256, ORDER_OF_P256),
  ecOrderAndOne: pair(ORDER_OF_P256 + 1n, ORDER_OF_P256 + 1n),
  // The common part of all forms of signatures.
  ecOtherForm(key, input) {
    const [r, s] = halves(signBytes(key, input));
    return Buffer.concat([r, toBytes(ORDER_OF_P256 - toNumber(s), 32)]);
  },
  // The 521 bits leave room for the common part in 66 bytes.
  ecRaisedByOrder(key, input) {
    const [r, s] = halves(signBytes(key, input));
    return Buffer.concat([toBytes(toNumber(r) + ORDER_OF_P521, 66), s]);
  },

  edRaisedByOrder(key, input) {
    const [r, s] = halves(signBytes(key, input));
    const raised = toNumber(Buffer.from(s).reverse()) + ORDER_OF_ED25519;
    return Buffer.concat([r, toBytes(raised, 32).reverse()]);
  },
  // A signature that is valid for every text if the key is the neutral element of the curve.
  edNeutral: () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]),
  edZeros: () => Buffer.alloc(64),

  pssWithoutSalt: pss(0),
  pssWithLongestSalt: pss(constants.RSA_PSS_SALTLEN_MAX_SIGN),
  pssOverSha512: pss(32, "sha512"),
  // One signature in 256 begins with a zero byte, and OpenSSL accepts it without the zero byte.
  pssWithoutZeroBefore(key, input) {
    for (;;) {
      const signature = signBytes(key, input);
      if (signature[0] === 0) {
        return signature.subarray(1);
      }
    }
  },

  pkcs1OverSha1: ({ privateKey }, input) => sign("sha1", input, privateKey),
  pkcs1OverSha512: ({ privateKey }, input) => sign("sha512", input, privateKey),
  pkcs1WithoutDigestInfo: encrypted(sha256),
  pkcs1WithoutNull: encrypted((input) => Buffer.concat([SHA256_INFO_WITHOUT_NULL, sha256(input)])),
  pkcs1WithTextBehind: encrypted((input) => Buffer.concat([SHA256_INFO, sha256(input), Buffer.from("more")])),
  // CVE-2006-4339: the cube of this number starts like a signature with short padding, and the remaining bytes are
  // random.
  pkcs1CubeRoot(_key, input) {
    const start = Buffer.concat([Buffer.from("0001ffffffffffffffff00", "hex"), SHA256_INFO, sha256(input)]);
    return toBytes(cubeRoot(toNumber(start) << BigInt((256 - start.length) * 8)) + 1n, 256);
  },
  // With the exponent 1, every number is its own signature.
  pkcs1AsItIs(_key, input) {
    const end = Buffer.concat([Buffer.from([0]), SHA256_INFO, sha256(input)]);
    return Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(254 - end.length, 0xff), end]);
  },
  // The signature plus the modulus. A verifier must check that the number is less than the modulus.
  rsaRaisedByModulus(key, input) {
    const raised = toNumber(signBytes(key, input)) + toNumber(Buffer.from(key.publicJwk.n ?? "", "base64url"));
    return Buffer.from(raised.toString(16).padStart(514, "0"), "hex");
  },
  rsaOne: () => toBytes(1n, 256),
  rsaZero: () => Buffer.alloc(256),
} satisfies Record<string, Forge>;

export type ForgedSignature = keyof typeof FORGERIES;

export function forgeSignature(name: ForgedSignature, key: SigningKey, signingInput: Uint8Array): Uint8Array {
  return FORGERIES[name](key, signingInput);
}

/** The greatest whole number whose cube is not above `value`. */
function cubeRoot(value: bigint): bigint {
  let low = 0n;
  let high = 1n << BigInt(Math.ceil(value.toString(2).length / 3));
  while (low < high) {
    const middle = (low + high + 1n) >> 1n;
    if (middle ** 3n <= value) {
      low = middle;
    } else {
      high = middle - 1n;
    }
  }
  return low;
}
