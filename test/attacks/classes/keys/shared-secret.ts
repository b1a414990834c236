import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID } from "../../forge/attack.ts";
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
 * Issuers that share a secret with the gateway. One of them has public keys as well, as during a migration, and these are public: HS256 is allowed here, so only the key decides.
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
    ...attacks(REFUSED, "RFC 8725 2.1 and 3.1; CVE-2015-9235", [
      ["confusion-pem", "the public RSA key as secret", hmac("pem")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2021-46743", [
      ["confusion-pem-by-kid", "the same under the public key's kid", hmac("pem", "mixed-RS256")],
      [
        "confusion-reversed",
        "the secret's HMAC under the name of a public key's algorithm",
        { token: { ...OF_MIXED, key: "mixed", signature: { hmac: "ofMixed" } }, request: AT_MIXED },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2015-9235", [
      ["confusion-pem-cut", "the same without the PEM's last line end", hmac("pemWithoutLastNewline")],
      ["confusion-pem-crlf", "the same with CR LF in the PEM", hmac("pemWithCrLf")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2026-34950", [
      [
        "confusion-pem-indented",
        "the same with white space before the PEM, past a look for its first line",
        hmac("pemWithSpaceBefore"),
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2017-11424, CVE-2023-48223", [
      ["confusion-pkcs1-pem", "the same with BEGIN RSA PUBLIC KEY", hmac("pkcs1Pem")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2024-33663", [
      ["confusion-der", "the same with the key in DER", hmac("der")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2016-10555", [
      ["confusion-jwk", "the same with the key's JWK as the key set has it", hmac("jwk")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1", [
      ["confusion-modulus", "the same with the modulus alone", hmac("modulus")],
      [
        "confusion-ec-signature",
        "a public key's signature under HS256",
        { token: { ...OF_MIXED, key: "mixed", header: { alg: "HS256" } }, request: AT_MIXED },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2022-29217", [
      ["confusion-ec-pem", "the public P-256 key as secret", hmac("ecPem")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.1; CVE-2022-29217, CVE-2024-33663", [
      ["confusion-openssh", "the same with the key in OpenSSH's form", hmac("openSsh")],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.2; CVE-2019-20933, CVE-2020-28637", [
      ["secret-empty", "an empty secret", hmac("nothing")],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.2 and 3.5", [["secret-guessed", "the word that all examples have", hmac("guess")]]),
    ...attacks(REFUSED, "RFC 8725 3.10", [
      ["secret-is-kid", "a kid as secret", hmac("kid")],
      ["secret-file-as-kid", "the path of another secret as kid", hmac("ofSecret", "secret.key")],
    ]),
    ...attacks(REFUSED, "CVE-2021-41106", [
      ["secret-is-file-name", "the name of the secret's file instead of what it holds", hmac("fileName")],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.5", [
      [
        "secret-with-line-end",
        "the file's last line end as part of the secret: two secrets for one file",
        hmac("ofMixedWithLineEnd"),
      ],
      [
        "secret-not-decoded",
        "the secret as it is written instead of what it says",
        {
          token: { ...OF_SECRET, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofSecretAsText" } },
          request: AT_SECRET,
        },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.8", [["secret-of-other-issuer", "the secret of another issuer", hmac("ofSecret")]]),
    ...attacks(REFUSED, "RFC 7518 3.2; RFC 2104 5", [
      [
        "hmac-cut",
        "the first half of the HMAC",
        {
          token: { ...OF_MIXED, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofMixed", bytes: 16 } },
          request: AT_MIXED,
        },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7518 3.2", [
      [
        "hmac-one-byte",
        "the first byte of the HMAC",
        {
          token: { ...OF_MIXED, header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofMixed", bytes: 1 } },
          request: AT_MIXED,
        },
      ],
    ]),
    ...attacks({ reason: "algorithm_not_allowed", told: INVALID }, "RFC 8725 3.1", [
      [
        "hmac-other-hash",
        "HS512 where the issuer uses HS256",
        {
          token: { ...OF_MIXED, header: { alg: "HS512", kid: undefined }, signature: { hmac: "ofMixed" } },
          request: AT_MIXED,
        },
      ],
    ]),
    ...attacks({ reason: "algorithm_not_allowed", told: INVALID }, "RFC 7515 4.1.1", [
      [
        "hmac-lower-case",
        "hs256: names are compared with case",
        {
          token: { ...OF_MIXED, header: { alg: "hs256", kid: undefined }, signature: { hmac: "ofMixed" } },
          request: AT_MIXED,
        },
      ],
    ]),
    ...attacks({ reason: "algorithm_not_allowed", told: INVALID }, "RFC 8725 3.1 and 3.8", [
      [
        "secret-for-public-issuer",
        "a trusted issuer's secret for tokens of an issuer with public keys alone",
        { token: { header: { alg: "HS256", kid: undefined }, signature: { hmac: "ofSecret" } } },
      ],
    ]),
  ],
};
