import { encodeSegment } from "../../../tokens.ts";
import { AUDIENCE, ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID } from "../../forge/attack.ts";

const REFUSED = { reason: "signature_invalid", told: INVALID } as const;
const MALFORMED_TOKEN = { reason: "token_malformed", told: INVALID } as const;

const OTHER_CLAIMS = encodeSegment(JSON.stringify({ iss: ISSUERS.acme, aud: AUDIENCE, sub: "mallory", scope: "read" }));

/** Invalid signatures, in every form that some verifier has accepted. */
export const signature: AttackClass = {
  name: "signature",
  honest: [
    { what: "an ES256 token" },
    // It says the same of the same issuer; SECURITY.md has it under what is no vulnerability.
    { what: "an ES256 token with the other form of its signature", token: { signature: "ecOtherForm" } },
    { what: "an RS256 token", token: { key: "rs256" } },
    { what: "an RS256 token under a key with the exponent 3", token: { key: "cubic" } },
    { what: "a PS256 token", token: { key: "ps256" } },
    { what: "an ES512 token", token: { key: "es512" } },
    { what: "an EdDSA token", token: { key: "eddsa" } },
  ],
  attacks: [
    ...attacks(MALFORMED_TOKEN, "RFC 8725 3.3; CVE-2020-28042", [
      ["signature-empty", "an honest token without its signature", { token: { signature: "none" } }],
    ]),
    ...attacks(MALFORMED_TOKEN, "RFC 7515 3.1", [
      ["signature-cut", "an honest token without its signature and the dot before it", { token: { sent: "{signed}" } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 5.2", [
      ["signature-one-bit", "one bit flipped", { token: { signature: "withFlippedBit" } }],
      [
        "signature-of-other-token",
        "the signature of another token by the same key",
        { token: { signature: "ofOtherText" } },
      ],
      ["signature-of-stranger", "a stranger's signature under an honest kid", { token: { key: "stranger" } }],
      [
        "payload-changed",
        "claims that were changed after the signature was made",
        { token: { claims: { sub: "mallory" }, signed: "{header}.e30", sent: "{header}.{payload}.{signature}" } },
      ],
      [
        "header-changed",
        "a header that was changed after the signature was made",
        { token: { header: { extra: 1 }, signed: "e30.{payload}", sent: "{header}.{payload}.{signature}" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7515 5.2; CWE-524", [
      [
        "signature-remembered",
        "the signature of a token that has just passed, under other claims",
        { token: { key: "rs256", sent: `{header}.${OTHER_CLAIMS}.{signature}` } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.3", [
      ["signature-is-hash", "the hash of the text instead of a signature", { token: { signature: "hashOfInput" } }],
      ["signature-text", "a string where the signature stands", { token: { sent: "{signed}.AnySignature" } }],
    ]),
    ...attacks(REFUSED, "RFC 7515 5.1", [
      [
        "payload-signed-alone",
        "a signature over the payload without the header",
        { token: { signed: "{payload}", sent: "{header}.{payload}.{signature}" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.4; CVE-2022-21449", [
      ["ec-psychic", "r = s = 0, which holds for every text where nobody looks", { token: { signature: "ecZeros" } }],
      ["ec-psychic-r", "r = 0", { token: { signature: "ecZeroR" } }],
      ["ec-psychic-s", "s = 0, which has no inverse", { token: { signature: "ecZeroS" } }],
      ["ec-psychic-order", "r = s = n, which is 0 to who reduces first", { token: { signature: "ecOrders" } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.4", [
      ["ec-above-order", "r = s = n + 1", { token: { signature: "ecOrderAndOne" } }],
      ["rsa-one", "1, whose every power is 1", { token: { key: "rs256", signature: "rsaOne" } }],
      ["rsa-zero", "0, whose every power is 0", { token: { key: "rs256", signature: "rsaZero" } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.4; CVE-2024-42460", [
      [
        "ec-raised-by-order",
        "r + n in the room that P-521 leaves: one token with two texts",
        { token: { key: "es512", signature: "ecRaisedByOrder" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7518 3.4; CVE-2024-42461", [
      ["ec-der", "the same signature in DER", { token: { signature: "ecDer" } }],
    ]),
    ...attacks(REFUSED, "RFC 7518 3.4", [
      ["ec-swapped", "s before r", { token: { signature: "ecSwapped" } }],
      ["ec-other-hash", "P-256 over SHA-512", { token: { signature: "ecOverSha512" } }],
      ["ec-zero-behind", "a zero byte behind it", { token: { signature: "withZeroBehind" } }],
      ["ec-short", "a byte less", { token: { signature: "withoutLastByte" } }],
    ]),
    ...attacks(REFUSED, "RFC 7518 3.4; CVE-2020-13822", [
      ["ec-zero-before", "a zero byte before it", { token: { signature: "withZeroBefore" } }],
    ]),
    ...attacks(REFUSED, "RFC 8032 5.1.7; CVE-2020-36843", [
      [
        "ed-raised-by-order",
        "S raised by the group's order: one token with two texts",
        { token: { key: "eddsa", signature: "edRaisedByOrder" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8032 5.1.7", [
      ["ed-neutral", "the neutral element as R and S = 0", { token: { key: "eddsa", signature: "edNeutral" } }],
      ["ed-zeros", "zeros, which name a point of small order", { token: { key: "eddsa", signature: "edZeros" } }],
    ]),
    ...attacks(REFUSED, "RFC 8037 3.1; CVE-2024-42459", [
      ["ed-longer", "a byte behind the 64", { token: { key: "eddsa", signature: "withZeroBehind" } }],
    ]),
    ...attacks(REFUSED, "RFC 7518 3.5", [
      ["pss-no-salt", "PS256 without salt", { token: { key: "ps256", signature: "pssWithoutSalt" } }],
      ["pss-longest-salt", "PS256 with the longest salt", { token: { key: "ps256", signature: "pssWithLongestSalt" } }],
      ["pss-other-hash", "PS256 over SHA-512", { token: { key: "ps256", signature: "pssOverSha512" } }],
    ]),
    ...attacks(REFUSED, "RFC 8017 8.1.2", [
      [
        "pss-zero-before",
        "a zero byte before it: one token with two texts",
        { token: { key: "ps256", signature: "withZeroBefore" } },
      ],
      [
        "pss-zero-dropped",
        "a signature without the zero byte that it begins with: one token with two texts",
        { token: { key: "ps256", signature: "pssWithoutZeroBefore" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7518 3.3", [
      ["pkcs1-sha1", "RS256 over SHA-1", { token: { key: "rs256", signature: "pkcs1OverSha1" } }],
      ["pkcs1-other-hash", "RS256 over SHA-512", { token: { key: "rs256", signature: "pkcs1OverSha512" } }],
    ]),
    ...attacks(REFUSED, "RFC 8017 9.2", [
      [
        "pkcs1-bare-hash",
        "a padded hash that does not say which hash it is",
        { token: { key: "rs256", signature: "pkcs1WithoutDigestInfo" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8017 8.2.2; CVE-2006-4339", [
      [
        "pkcs1-text-behind-hash",
        "bytes behind the hash, for verifiers that read from the front",
        { token: { key: "rs256", signature: "pkcs1WithTextBehind" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8017 8.2.2; CVE-2006-4339, CVE-2018-16152", [
      [
        "pkcs1-cube-root",
        "a forgery without the private key, by a cube root and rubbish behind a short padding",
        { token: { key: "cubic", signature: "pkcs1CubeRoot" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8017 5.2.2", [
      [
        "rsa-raised-by-modulus",
        "the signature and the modulus added: the same number to who reduces first",
        { token: { key: "rs256", signature: "rsaRaisedByModulus" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8017 8.2.2", [
      ["rsa-short", "a byte less", { token: { key: "rs256", signature: "withoutLastByte" } }],
    ]),
  ],
};
