import { type AttackClass, INVALID } from "../../forge/attack.ts";

const REFUSED = { reason: "token_encrypted", told: INVALID } as const;
const FIVE = "{header}.AAAA.AAAA.AAAA.AAAA";

/** Encrypted tokens: whoever encrypts with a public key says nothing about who they are, and decrypting costs what the sender likes. */
export const encryption: AttackClass = {
  name: "encryption",
  honest: [{ what: "a signed token with nothing encrypted in it" }],
  attacks: [
    {
      id: "jwe-with-public-key",
      tries: "claims that are encrypted with the issuer's public key instead of signed",
      reference: "RFC 8725 2.3; CVE-2023-51774",
      token: { header: { alg: "RSA-OAEP", enc: "A256GCM" }, sent: FIVE },
      ...REFUSED,
    },
    {
      id: "jwe-pkcs1",
      tries: "RSA1_5, whose errors are an oracle",
      reference: "RFC 8725 3.2; RFC 7516 11.5",
      token: { header: { alg: "RSA1_5", enc: "A128CBC-HS256" }, sent: FIVE },
      ...REFUSED,
    },
    {
      id: "jwe-iterations",
      tries: "two thousand million iterations of PBES2",
      reference: "RFC 8725bis 2.10 and 3.13; CVE-2023-52428, CVE-2022-36083",
      token: { header: { alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 2_147_483_647, p2s: "AAAAAAAA" }, sent: FIVE },
      ...REFUSED,
    },
    {
      id: "jwe-compressed",
      tries: "a compressed payload that would not end",
      reference: "RFC 8725 3.6; RFC 8725bis 2.12 and 3.15; CVE-2024-28176",
      token: { header: { alg: "dir", enc: "A256GCM", zip: "DEF" }, sent: FIVE },
      ...REFUSED,
    },
    {
      id: "jwe-invalid-curve",
      tries: "an ephemeral point that is not on the curve, to learn the private key",
      reference: "RFC 8725 2.5 and 3.4; CVE-2017-16007",
      token: {
        header: { alg: "ECDH-ES", enc: "A256GCM", epk: { kty: "EC", crv: "P-256", x: "AA", y: "AA" } },
        sent: FIVE,
      },
      ...REFUSED,
    },
    {
      id: "jwe-around-token",
      tries: "an honest token in five segments",
      reference: "RFC 8725 2.3",
      token: { header: { cty: "JWT" }, sent: "{signed}.{signature}.AAAA.AAAA" },
      ...REFUSED,
    },
    {
      id: "jwe-empty-segments",
      tries: "five segments, most of them empty",
      reference: "RFC 7516 7.1",
      token: { sent: "{header}...." },
      ...REFUSED,
    },
    {
      id: "jwe-in-three",
      tries: "the header of a JWE over the three segments of a JWS",
      reference: "RFC 8725bis 3.14; RFC 7516 9",
      token: { header: { enc: "A256GCM" } },
      ...REFUSED,
    },
    {
      id: "jwe-header-in-jws",
      tries: "p2c and zip in the header of a JWS, which mean nothing there; the stranger's signature does not hold",
      reference: "RFC 8725bis 3.13",
      token: { key: "stranger", header: { p2c: 2_147_483_647, zip: "DEF" } },
      reason: "signature_invalid",
      told: INVALID,
    },
  ],
};
