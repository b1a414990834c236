import { type AttackClass, attacks, INVALID, row } from "../../forge/attack.ts";

const REFUSED = { reason: "algorithm_not_allowed", told: INVALID } as const;
const MALFORMED_TOKEN = { reason: "token_malformed", told: INVALID } as const;

/** The token says how to verify it, and the plugin must not trust this. */
export const algorithm: AttackClass = {
  name: "algorithm",
  honest: [
    { what: "an RS256 token", key: "rs256" },
    { what: "an RS256 token, signed with a key without alg", key: "rs256", header: { kid: "acme-without-alg" } },
    { what: "a PS256 token", key: "ps256" },
    { what: "an ES256 token", key: "es256" },
    { what: "an ES384 token", key: "es384" },
    { what: "an ES512 token", key: "es512" },
    { what: "an EdDSA token", key: "eddsa" },
  ],
  attacks: attacks([
    MALFORMED_TOKEN,
    "RFC 8725 2.1 and 3.2; CVE-2015-2951",
    row("none-unsigned", "alg none and no signature", { header: { alg: "none" }, signature: "none" }),
    REFUSED,
    "RFC 8725 2.1",
    row(
      "none-signed",
      "alg none with the signature of an honest token, for verifiers that only check that a signature exists",
      { header: { alg: "none" } },
    ),
    "RFC 8725bis 2.11",
    row("none-capitalised", "None, against a deny list that has only none", { header: { alg: "None" } }),
    row("none-upper-case", "NONE", { header: { alg: "NONE" } }),
    row("none-mixed-case", "nOnE", { header: { alg: "nOnE" } }),
    row("none-with-space", "none and a space: the first comparison does not trim, and the second does", {
      header: { alg: "none " },
    }),
    MALFORMED_TOKEN,
    "RFC 7515 4.1.1",
    row("alg-absent", "no alg, for verifiers with a default", { header: { alg: undefined } }),
    row("alg-null", "alg null", { header: { alg: null } }),
    row("alg-list", "a list with an allowed alg in it", { header: { alg: ["ES256"] } }),
    row("alg-zero", "alg 0, which is not a string, and false in JavaScript", { header: { alg: 0 } }),
    row("alg-object", "an object as alg, for look-ups that turn it into a string", {
      header: { alg: { name: "ES256" } },
    }),
    REFUSED,
    row("alg-empty", "an empty alg", { header: { alg: "" } }),
    row("alg-lower-case", "es256: names are compared with case", { header: { alg: "es256" } }),
    row("alg-with-nul", "ES256 and a NUL, at which a name ends for some programs", { header: { alg: "ES256\u0000" } }),
    "CVE-2024-34273",
    row("alg-prototype", "__proto__, which every look-up in an object finds", { header: { alg: "__proto__" } }),
    row("alg-constructor", "constructor, which every look-up in an object finds", { header: { alg: "constructor" } }),
    "RFC 8725 2.1 and 3.1; CVE-2015-9235",
    row("hmac-with-pem", "HS256 with a public RSA key as the secret, for an issuer without a secret", {
      key: "rs256",
      header: { alg: "HS256" },
      signature: { hmac: "pem" },
    }),
    "RFC 8725 2.2; CVE-2019-20933, CVE-2020-28637",
    row("hmac-with-nothing", "HS256 with an empty secret, for an issuer without a secret", {
      header: { alg: "HS256" },
      signature: { hmac: "nothing" },
    }),
    { reason: "key_not_found", told: INVALID },
    "RFC 8725 3.1",
    row("rsa-key-of-other-padding", "PS256 with a key that is published for RS256", {
      key: "rs256",
      header: { alg: "PS256" },
    }),
    "RFC 8725bis 3.1",
    row(
      "rsa-key-without-alg-as-pss",
      "PS256 with a key without alg: it serves RS256, and one key serves one algorithm",
      { key: "rs256", header: { alg: "PS256", kid: "acme-without-alg" } },
    ),
    "RFC 8725 3.1; CVE-2021-46743",
    row("ec-key-as-rsa", "RS256 with the kid of a P-256 key", { header: { alg: "RS256" } }),
    "RFC 7518 3.4",
    row("ec-other-curve", "ES384 with the kid of a P-256 key", { header: { alg: "ES384" } }),
    REFUSED,
    "RFC 9864 2.2",
    row("edwards-other-name", "Ed25519 where the issuer uses EdDSA only", { key: "eddsa", header: { alg: "Ed25519" } }),
    row("edwards-other-curve", "Ed448 with the kid of an Ed25519 key: the curve belongs to the key", {
      key: "eddsa",
      header: { alg: "Ed448" },
    }),
    "RFC 8812 3.2",
    row("ec-bitcoin-curve", "ES256K, a name that begins like an allowed one", { header: { alg: "ES256K" } }),
    "RFC 8725 3.2",
    row("rsa-sha1", "RS1", { key: "rs256", header: { alg: "RS1" }, signature: "pkcs1OverSha1" }),
    "RFC 8725 2.3; CVE-2023-51774",
    row("alg-of-encryption", "dir, an algorithm for keys of JWE, in a JWS", { header: { alg: "dir" } }),
  ]),
};
