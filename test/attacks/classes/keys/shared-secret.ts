import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, row } from "../../forge/attack.ts";
import type { HmacSecret } from "../../forge/hmac-secrets.ts";

const REFUSED = { reason: "signature_invalid", told: INVALID } as const;
const MIXED = { claims: { iss: ISSUERS.mixed }, rule: "mixed" } as const;
const SECRET = { claims: { iss: ISSUERS.secret }, rule: "secret", header: { alg: "HS256", kid: undefined } } as const;

/** An HS256 token of the issuer that has public keys as well. */
const hmac = (secret: HmacSecret, kid?: string) =>
  ({ ...MIXED, header: { alg: "HS256", kid }, signature: { hmac: secret } }) as const;

/**
 * Issuers that share a secret with the gateway. One of the two issuers also has public keys, as during a migration.
 * HS256 is allowed here, so only the key decides.
 */
export const sharedSecret: AttackClass = {
  name: "shared secret",
  honest: [
    { what: "a token under a secret", ...SECRET, signature: { hmac: "ofSecret" } },
    { what: "a token signed with the secret of an issuer that also has public keys", ...hmac("ofMixed") },
    { what: "a token signed with one of its public keys", ...MIXED, key: "mixed" },
  ],
  attacks: attacks([
    REFUSED,
    "RFC 8725 2.1 and 3.1; CVE-2015-9235",
    row("confusion-pem", "the public RSA key as secret", hmac("pem")),
    "RFC 8725 3.1; CVE-2021-46743",
    row("confusion-pem-by-kid", "the same under the public key's kid", hmac("pem", "mixed-RS256")),
    row("confusion-reversed", "the secret's HMAC under the name of a public key's algorithm", {
      ...MIXED,
      key: "mixed",
      signature: { hmac: "ofMixed" },
    }),
    "RFC 8725 3.1; CVE-2015-9235",
    row("confusion-pem-cut", "the same without the PEM's last line end", hmac("pemWithoutLastNewline")),
    row("confusion-pem-crlf", "the same with CR LF in the PEM", hmac("pemWithCrLf")),
    "RFC 8725 3.1; CVE-2026-34950",
    row("confusion-pem-indented", "the same with white space before the PEM, against a check of its first line", {
      ...hmac("pemWithSpaceBefore"),
    }),
    "RFC 8725 3.1; CVE-2017-11424, CVE-2023-48223",
    row("confusion-pkcs1-pem", "the same with BEGIN RSA PUBLIC KEY", hmac("pkcs1Pem")),
    "RFC 8725 3.1; CVE-2024-33663",
    row("confusion-der", "the same with the key in DER", hmac("der")),
    "RFC 8725 3.1; CVE-2016-10555",
    row("confusion-jwk", "the same with the key's JWK from the key set", hmac("jwk")),
    "RFC 8725 3.1",
    row("confusion-modulus", "the same with the modulus alone", hmac("modulus")),
    row("confusion-ec-signature", "a public key's signature under HS256", {
      ...MIXED,
      key: "mixed",
      header: { alg: "HS256" },
    }),
    "RFC 8725 3.1; CVE-2022-29217",
    row("confusion-ec-pem", "the public P-256 key as secret", hmac("ecPem")),
    "RFC 8725 3.1; CVE-2022-29217, CVE-2024-33663",
    row("confusion-openssh", "the same with the key in OpenSSH's form", hmac("openSsh")),
    "RFC 8725 2.2; CVE-2019-20933, CVE-2020-28637",
    row("secret-empty", "an empty secret", hmac("nothing")),
    "RFC 8725 2.2 and 3.5",
    row("secret-guessed", "the word that all examples have", hmac("guess")),
    "RFC 8725 3.10",
    row("secret-is-kid", "a kid as secret", hmac("kid")),
    row("secret-file-as-kid", "the path of another secret as kid", hmac("ofSecret", "secret.key")),
    "CVE-2021-41106",
    row("secret-is-file-name", "the name of the secret's file instead of its content", hmac("fileName")),
    "RFC 8725 3.5",
    row("secret-with-line-end", "the file's last line end as a part of the secret, so one file has two secrets", {
      ...hmac("ofMixedWithLineEnd"),
    }),
    row("secret-not-decoded", "the encoded text of the secret instead of its bytes", {
      ...SECRET,
      signature: { hmac: "ofSecretAsText" },
    }),
    "RFC 8725 3.8",
    row("secret-of-other-issuer", "the secret of another issuer", hmac("ofSecret")),
    "RFC 7518 3.2; RFC 2104 5",
    row("hmac-cut", "the first half of the HMAC", { ...hmac("ofMixed"), signature: { hmac: "ofMixed", bytes: 16 } }),
    "RFC 7518 3.2",
    row("hmac-one-byte", "the first byte of the HMAC", {
      ...hmac("ofMixed"),
      signature: { hmac: "ofMixed", bytes: 1 },
    }),
    { reason: "algorithm_not_allowed", told: INVALID },
    "RFC 8725 3.1",
    row("hmac-other-hash", "HS512 where the issuer uses HS256", {
      ...hmac("ofMixed"),
      header: { alg: "HS512", kid: undefined },
    }),
    "RFC 7515 4.1.1",
    row("hmac-lower-case", "hs256: names are compared with case", {
      ...hmac("ofMixed"),
      header: { alg: "hs256", kid: undefined },
    }),
    "RFC 8725 3.1 and 3.8",
    row("secret-for-public-issuer", "a trusted issuer's secret, for tokens of an issuer that has only public keys", {
      header: { alg: "HS256", kid: undefined },
      signature: { hmac: "ofSecret" },
    }),
  ]),
};
