import { type AttackClass, attacks, INVALID, row } from "../../forge/attack.ts";

const REFUSED = { reason: "token_encrypted", told: INVALID } as const;
const FIVE = "{header}.AAAA.AAAA.AAAA.AAAA";

/** Encrypted tokens: encryption with a public key does not identify the sender, and decryption can be arbitrarily expensive. */
export const encryption: AttackClass = {
  name: "encryption",
  honest: [{ what: "a signed token with nothing encrypted in it" }],
  attacks: attacks([
    REFUSED,
    "RFC 8725 2.3; CVE-2023-51774",
    row("jwe-with-public-key", "claims that are encrypted with the issuer's public key instead of signed", {
      header: { alg: "RSA-OAEP", enc: "A256GCM" },
      sent: FIVE,
    }),
    "RFC 8725 3.2; RFC 7516 11.5",
    row("jwe-pkcs1", "RSA1_5, whose errors are an oracle", {
      header: { alg: "RSA1_5", enc: "A128CBC-HS256" },
      sent: FIVE,
    }),
    "RFC 8725bis 2.10 and 3.13; CVE-2023-52428, CVE-2022-36083",
    row("jwe-iterations", "two thousand million iterations of PBES2", {
      header: { alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 2_147_483_647, p2s: "AAAAAAAA" },
      sent: FIVE,
    }),
    "RFC 8725 3.6; RFC 8725bis 2.12 and 3.15; CVE-2024-28176",
    row("jwe-compressed", "a compressed payload that would not end", {
      header: { alg: "dir", enc: "A256GCM", zip: "DEF" },
      sent: FIVE,
    }),
    "RFC 8725 2.5 and 3.4; CVE-2017-16007",
    row("jwe-invalid-curve", "an ephemeral point that is not on the curve, to learn the private key", {
      header: { alg: "ECDH-ES", enc: "A256GCM", epk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } },
      sent: FIVE,
    }),
    "RFC 8725 2.3",
    row("jwe-around-token", "an honest token in five segments", {
      header: { cty: "JWT" },
      sent: "{signed}.{signature}.AAAA.AAAA",
    }),
    "RFC 7516 7.1",
    row("jwe-empty-segments", "five segments, most of them empty", { sent: "{header}...." }),
    "RFC 8725bis 3.14; RFC 7516 9",
    row("jwe-in-three", "the header of a JWE over the three segments of a JWS", { header: { enc: "A256GCM" } }),
    { reason: "signature_invalid", told: INVALID },
    "RFC 8725bis 3.13",
    row(
      "jwe-header-in-jws",
      "p2c and zip in the header of a JWS, which mean nothing there; the stranger's signature does not hold",
      { key: "stranger", header: { p2c: 2_147_483_647, zip: "DEF" } },
    ),
  ]),
};
