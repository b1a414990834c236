import { encodeSegment } from "../../../tokens.ts";
import { AUDIENCE, ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, row } from "../../forge/attack.ts";

const REFUSED = { reason: "signature_invalid", told: INVALID } as const;
const MALFORMED_TOKEN = { reason: "token_malformed", told: INVALID } as const;

const OTHER_CLAIMS = encodeSegment(JSON.stringify({ iss: ISSUERS.acme, aud: AUDIENCE, sub: "mallory", scope: "read" }));

/** Invalid signatures, in every form that some verifier has accepted. */
export const signature: AttackClass = {
  name: "signature",
  honest: [
    { what: "an ES256 token" },
    // The changed token has the same claims and the same issuer. SECURITY.md lists this case under "Not a
    // vulnerability".
    { what: "an ES256 token with the other form of its signature", signature: "ecOtherForm" },
    { what: "an RS256 token", key: "rs256" },
    { what: "an RS256 token, signed with a key with the exponent 3", key: "cubic" },
    { what: "a PS256 token", key: "ps256" },
    { what: "an ES512 token", key: "es512" },
    { what: "an EdDSA token", key: "eddsa" },
  ],
  attacks: attacks([
    MALFORMED_TOKEN,
    "RFC 8725 3.3; CVE-2020-28042",
    row("signature-empty", "an honest token without its signature", { signature: "none" }),
    "RFC 7515 3.1",
    row("signature-cut", "an honest token without its signature and the dot before it", { sent: "{signed}" }),
    REFUSED,
    "RFC 7515 5.2",
    row("signature-one-bit", "one bit flipped", { signature: "withFlippedBit" }),
    row("signature-of-other-token", "the signature of another token by the same key", { signature: "ofOtherText" }),
    row("signature-of-stranger", "a stranger's signature under an honest kid", { key: "stranger" }),
    row("payload-changed", "claims that were changed after the signature was made", {
      claims: { sub: "mallory" },
      signed: "{header}.e30",
      sent: "{header}.{payload}.{signature}",
    }),
    row("header-changed", "a header that was changed after the signature was made", {
      header: { extra: 1 },
      signed: "e30.{payload}",
      sent: "{header}.{payload}.{signature}",
    }),
    "RFC 7515 5.2; CWE-524",
    row("signature-remembered", "the signature of a token that has just passed, with other claims", {
      key: "rs256",
      sent: `{header}.${OTHER_CLAIMS}.{signature}`,
    }),
    "RFC 8725 3.3",
    row("signature-is-hash", "the hash of the text instead of a signature", { signature: "hashOfInput" }),
    row("signature-text", "a string where the signature stands", { sent: "{signed}.AnySignature" }),
    "RFC 7515 5.1",
    row("payload-signed-alone", "a signature over the payload without the header", {
      signed: "{payload}",
      sent: "{header}.{payload}.{signature}",
    }),
    "RFC 8725 3.4; CVE-2022-21449",
    row("ec-psychic", "r = s = 0, which is valid for every text if a verifier does not check the range", {
      signature: "ecZeros",
    }),
    row("ec-psychic-r", "r = 0", { signature: "ecZeroR" }),
    row("ec-psychic-s", "s = 0, which has no inverse", { signature: "ecZeroS" }),
    row("ec-psychic-order", "r = s = n, which is 0 to who reduces first", { signature: "ecOrders" }),
    "RFC 8725 3.4",
    row("ec-above-order", "r = s = n + 1", { signature: "ecOrderAndOne" }),
    row("rsa-one", "1, whose every power is 1", { key: "rs256", signature: "rsaOne" }),
    row("rsa-zero", "0, whose every power is 0", { key: "rs256", signature: "rsaZero" }),
    "RFC 8725 3.4; CVE-2024-42460",
    row("ec-raised-by-order", "r + n, which fits because of P-521's unused bits: one token with two texts", {
      key: "es512",
      signature: "ecRaisedByOrder",
    }),
    "RFC 7518 3.4; CVE-2024-42461",
    row("ec-der", "the same signature in DER", { signature: "ecDer" }),
    "RFC 7518 3.4",
    row("ec-swapped", "s before r", { signature: "ecSwapped" }),
    row("ec-other-hash", "P-256 over SHA-512", { signature: "ecOverSha512" }),
    row("ec-zero-behind", "a zero byte behind it", { signature: "withZeroBehind" }),
    row("ec-short", "a byte less", { signature: "withoutLastByte" }),
    "RFC 7518 3.4; CVE-2020-13822",
    row("ec-zero-before", "a zero byte before it", { signature: "withZeroBefore" }),
    "RFC 8032 5.1.7; CVE-2020-36843",
    row("ed-raised-by-order", "S raised by the group's order: one token with two texts", {
      key: "eddsa",
      signature: "edRaisedByOrder",
    }),
    "RFC 8032 5.1.7",
    row("ed-neutral", "the neutral element as R and S = 0", { key: "eddsa", signature: "edNeutral" }),
    row("ed-zeros", "zeros, which name a point of small order", { key: "eddsa", signature: "edZeros" }),
    "RFC 8037 3.1; CVE-2024-42459",
    row("ed-longer", "a byte behind the 64", { key: "eddsa", signature: "withZeroBehind" }),
    "RFC 7518 3.5",
    row("pss-no-salt", "PS256 without salt", { key: "ps256", signature: "pssWithoutSalt" }),
    row("pss-longest-salt", "PS256 with the longest salt", { key: "ps256", signature: "pssWithLongestSalt" }),
    row("pss-other-hash", "PS256 over SHA-512", { key: "ps256", signature: "pssOverSha512" }),
    "RFC 8017 8.1.2",
    row("pss-zero-before", "a zero byte before it: one token with two texts", {
      key: "ps256",
      signature: "withZeroBefore",
    }),
    row("pss-zero-dropped", "a signature without the zero byte that it begins with: one token with two texts", {
      key: "ps256",
      signature: "pssWithoutZeroBefore",
    }),
    "RFC 7518 3.3",
    row("pkcs1-sha1", "RS256 over SHA-1", { key: "rs256", signature: "pkcs1OverSha1" }),
    row("pkcs1-other-hash", "RS256 over SHA-512", { key: "rs256", signature: "pkcs1OverSha512" }),
    "RFC 8017 9.2",
    row("pkcs1-bare-hash", "a padded hash that does not say which hash it is", {
      key: "rs256",
      signature: "pkcs1WithoutDigestInfo",
    }),
    "RFC 8017 8.2.2; CVE-2006-4339",
    row("pkcs1-text-behind-hash", "bytes after the hash, for verifiers that read from the front", {
      key: "rs256",
      signature: "pkcs1WithTextBehind",
    }),
    "RFC 8017 8.2.2; CVE-2006-4339, CVE-2018-16152",
    row("pkcs1-cube-root", "a forgery without the private key, by a cube root and random bytes after a short padding", {
      key: "cubic",
      signature: "pkcs1CubeRoot",
    }),
    "RFC 8017 5.2.2",
    row("rsa-raised-by-modulus", "the sum of signature and modulus, for verifiers that reduce the number first", {
      key: "rs256",
      signature: "rsaRaisedByModulus",
    }),
    "RFC 8017 8.2.2",
    row("rsa-short", "a byte less", { key: "rs256", signature: "withoutLastByte" }),
  ]),
};
