import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, INVALID } from "../../forge/attack.ts";
import type { HmacSecret } from "../../forge/hmac-secrets.ts";

const REFUSED = { reason: "signature_invalid", told: INVALID } as const;
const AT_MIXED = { rule: "mixed" } as const;
const AT_SECRET = { rule: "secret" } as const;
const OF_MIXED = { claims: { iss: ISSUERS.mixed } } as const;
const OF_SECRET = { claims: { iss: ISSUERS.secret } } as const;

/** An HS256 token of the issuer that has public keys as well. */
const hmac = (secret: HmacSecret, kid?: string) =>
  ({ token: { ...OF_MIXED, header: { alg: "HS256", kid }, signature: { hmac: secret } }, request: AT_MIXED }) as const;

/**
 * Issuers that share a secret with the gateway. One of them has public keys as well, as during a migration, and everybody knows those:
 * here HS256 is allowed, and only the key can tell.
 */
export const sharedSecret: AttackClass = {
  name: "shared secret",
  honest: [
    {
      what: "a token under a secret",
      token: { ...OF_SECRET, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofSecret" } },
      request: AT_SECRET,
    },
    { what: "a token under the secret of an issuer with public keys", ...hmac("ofMixed") },
    { what: "a token under one of its public keys", token: { ...OF_MIXED, key: "mixed" }, request: AT_MIXED },
  ],
  attacks: [
    {
      id: "confusion-pem",
      tries: "the public RSA key as secret",
      reference: "RFC 8725 2.1 and 3.1; CVE-2015-9235",
      ...hmac("pem"),
      ...REFUSED,
    },
    {
      id: "confusion-pem-by-kid",
      tries: "the same under the public key's kid",
      reference: "RFC 8725 3.1; CVE-2021-46743",
      ...hmac("pem", "mixed-RS256"),
      ...REFUSED,
    },
    {
      id: "confusion-pem-cut",
      tries: "the same without the PEM's last line end",
      reference: "RFC 8725 3.1; CVE-2015-9235",
      ...hmac("pemWithoutLastNewline"),
      ...REFUSED,
    },
    {
      id: "confusion-pem-crlf",
      tries: "the same with CR LF in the PEM",
      reference: "RFC 8725 3.1; CVE-2015-9235",
      ...hmac("pemWithCrLf"),
      ...REFUSED,
    },
    {
      id: "confusion-pem-indented",
      tries: "the same with white space before the PEM, past a look for its first line",
      reference: "RFC 8725 3.1; CVE-2026-34950",
      ...hmac("pemWithSpaceBefore"),
      ...REFUSED,
    },
    {
      id: "confusion-pkcs1-pem",
      tries: "the same with BEGIN RSA PUBLIC KEY",
      reference: "RFC 8725 3.1; CVE-2017-11424, CVE-2023-48223",
      ...hmac("pkcs1Pem"),
      ...REFUSED,
    },
    {
      id: "confusion-der",
      tries: "the same with the key in DER",
      reference: "RFC 8725 3.1; CVE-2024-33663",
      ...hmac("der"),
      ...REFUSED,
    },
    {
      id: "confusion-jwk",
      tries: "the same with the key's JWK as the key set has it",
      reference: "RFC 8725 3.1; CVE-2016-10555",
      ...hmac("jwk"),
      ...REFUSED,
    },
    {
      id: "confusion-modulus",
      tries: "the same with the modulus alone",
      reference: "RFC 8725 3.1",
      ...hmac("modulus"),
      ...REFUSED,
    },
    {
      id: "confusion-ec-pem",
      tries: "the public P-256 key as secret",
      reference: "RFC 8725 3.1; CVE-2022-29217",
      ...hmac("ecPem"),
      ...REFUSED,
    },
    {
      id: "confusion-openssh",
      tries: "the same with the key in OpenSSH's form",
      reference: "RFC 8725 3.1; CVE-2022-29217, CVE-2024-33663",
      ...hmac("openSsh"),
      ...REFUSED,
    },
    {
      id: "confusion-reversed",
      tries: "the secret's HMAC under the name of a public key's algorithm",
      reference: "RFC 8725 3.1; CVE-2021-46743",
      token: { ...OF_MIXED, key: "mixed", signature: { hmac: "ofMixed" } },
      request: AT_MIXED,
      ...REFUSED,
    },
    {
      id: "confusion-ec-signature",
      tries: "a public key's signature under HS256",
      reference: "RFC 8725 3.1",
      token: { ...OF_MIXED, key: "mixed", header: { alg: "HS256" } },
      request: AT_MIXED,
      ...REFUSED,
    },
    {
      id: "secret-empty",
      tries: "an empty secret",
      reference: "RFC 8725 2.2; CVE-2019-20933, CVE-2020-28637",
      ...hmac("nothing"),
      ...REFUSED,
    },
    {
      id: "secret-guessed",
      tries: "the word that all examples have",
      reference: "RFC 8725 2.2 and 3.5",
      ...hmac("guess"),
      ...REFUSED,
    },
    { id: "secret-is-kid", tries: "a kid as secret", reference: "RFC 8725 3.10", ...hmac("kid"), ...REFUSED },
    {
      id: "secret-is-file-name",
      tries: "the name of the secret's file instead of what it holds",
      reference: "CVE-2021-41106",
      ...hmac("fileName"),
      ...REFUSED,
    },
    {
      id: "secret-with-line-end",
      tries: "the file's last line end as part of the secret: two secrets for one file",
      reference: "RFC 8725 3.5",
      ...hmac("ofMixedWithLineEnd"),
      ...REFUSED,
    },
    {
      id: "secret-not-decoded",
      tries: "the secret as it is written instead of what it says",
      reference: "RFC 8725 3.5",
      token: { ...OF_SECRET, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofSecretAsText" } },
      request: AT_SECRET,
      ...REFUSED,
    },
    {
      id: "secret-of-other-issuer",
      tries: "the secret of another issuer",
      reference: "RFC 8725 3.8",
      ...hmac("ofSecret"),
      ...REFUSED,
    },
    {
      id: "secret-file-as-kid",
      tries: "the path of another secret as kid",
      reference: "RFC 8725 3.10",
      ...hmac("ofSecret", "secret.key"),
      ...REFUSED,
    },
    {
      id: "hmac-cut",
      tries: "the first half of the HMAC",
      reference: "RFC 7518 3.2; RFC 2104 5",
      token: { ...OF_MIXED, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofMixed", bytes: 16 } },
      request: AT_MIXED,
      ...REFUSED,
    },
    {
      id: "hmac-one-byte",
      tries: "the first byte of the HMAC",
      reference: "RFC 7518 3.2",
      token: { ...OF_MIXED, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofMixed", bytes: 1 } },
      request: AT_MIXED,
      ...REFUSED,
    },
    {
      id: "hmac-other-hash",
      tries: "HS512 where the issuer uses HS256",
      reference: "RFC 8725 3.1",
      token: { ...OF_MIXED, header: { alg: "HS512", kid: undefined }, signature: { hmac: "ofMixed" } },
      request: AT_MIXED,
      reason: "algorithm_not_allowed",
      told: INVALID,
    },
    {
      id: "hmac-lower-case",
      tries: "hs256: names are compared with case",
      reference: "RFC 7515 4.1.1",
      token: { ...OF_MIXED, header: { alg: "hs256", kid: undefined }, signature: { hmac: "ofMixed" } },
      request: AT_MIXED,
      reason: "algorithm_not_allowed",
      told: INVALID,
    },
    {
      id: "secret-for-public-issuer",
      tries: "a trusted issuer's secret for tokens of an issuer with public keys alone",
      reference: "RFC 8725 3.1 and 3.8",
      token: { header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofSecret" } },
      reason: "algorithm_not_allowed",
      told: INVALID,
    },
  ],
};
