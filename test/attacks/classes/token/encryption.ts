import { type AttackClass, attacks, INVALID } from "../../forge/attack.ts";

const REFUSED = { reason: "token_encrypted", told: INVALID } as const;
const FIVE = "{header}.AAAA.AAAA.AAAA.AAAA";

/** Encrypted tokens: encryption with a public key does not identify the sender, and decryption can be arbitrarily expensive. */
export const encryption: AttackClass = {
  name: "encryption",
  honest: [{ what: "a signed token with nothing encrypted in it" }],
  attacks: [
    ...attacks(REFUSED, "RFC 8725 2.3; CVE-2023-51774", [
      [
        "jwe-with-public-key",
        "claims that are encrypted with the issuer's public key instead of signed",
        { token: { header: { alg: "RSA-OAEP", enc: "A256GCM" }, sent: FIVE } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.2; RFC 7516 11.5", [
      [
        "jwe-pkcs1",
        "RSA1_5, whose errors are an oracle",
        { token: { header: { alg: "RSA1_5", enc: "A128CBC-HS256" }, sent: FIVE } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725bis 2.10 and 3.13; CVE-2023-52428, CVE-2022-36083", [
      [
        "jwe-iterations",
        "two thousand million iterations of PBES2",
        {
          token: {
            header: { alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 2_147_483_647, p2s: "AAAAAAAA" },
            sent: FIVE,
          },
        },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.6; RFC 8725bis 2.12 and 3.15; CVE-2024-28176", [
      [
        "jwe-compressed",
        "a compressed payload that would not end",
        { token: { header: { alg: "dir", enc: "A256GCM", zip: "DEF" }, sent: FIVE } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.5 and 3.4; CVE-2017-16007", [
      [
        "jwe-invalid-curve",
        "an ephemeral point that is not on the curve, to learn the private key",
        {
          token: {
            header: { alg: "ECDH-ES", enc: "A256GCM", epk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } },
            sent: FIVE,
          },
        },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.3", [
      [
        "jwe-around-token",
        "an honest token in five segments",
        { token: { header: { cty: "JWT" }, sent: "{signed}.{signature}.AAAA.AAAA" } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7516 7.1", [
      ["jwe-empty-segments", "five segments, most of them empty", { token: { sent: "{header}...." } }],
    ]),
    ...attacks(REFUSED, "RFC 8725bis 3.14; RFC 7516 9", [
      [
        "jwe-in-three",
        "the header of a JWE over the three segments of a JWS",
        { token: { header: { enc: "A256GCM" } } },
      ],
    ]),
    ...attacks({ reason: "signature_invalid", told: INVALID }, "RFC 8725bis 3.13", [
      [
        "jwe-header-in-jws",
        "p2c and zip in the header of a JWS, which mean nothing there; the stranger's signature does not hold",
        { token: { key: "stranger", header: { p2c: 2_147_483_647, zip: "DEF" } } },
      ],
    ]),
  ],
};
