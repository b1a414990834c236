import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, raw, row } from "../../forge/attack.ts";

const WRONG_KEY = { reason: "signature_invalid", told: INVALID } as const;
const ROLLING = { claims: { iss: ISSUERS.rolling }, rule: "rolling" } as const;
const MANY = { claims: { iss: ISSUERS.many }, rule: "many" } as const;
const NO_KEY = { reason: "key_not_found", told: INVALID } as const;

/** The token contains a key or its address, and the attacker hopes that the verifier uses or fetches this key. */
export const keyChoice: AttackClass = {
  name: "key choice",
  honest: [
    { what: "a token with its kid" },
    { what: "a token that names an address of keys, which gets no request", header: { jku: "{trap}/jwks" } },
    { what: "a token with the attacker's key, which the plugin does not use", header: { jwk: raw("{jwk:stranger}") } },
    { what: "another issuer's token", key: "partner", claims: { iss: ISSUERS.partner }, rule: "partner" },
    {
      what: "a token that names its key by a certificate",
      key: "partner",
      header: { kid: undefined, x5t: "new" },
      ...ROLLING,
    },
    {
      what: "a token that names no key, and is signed with the second of three",
      key: "partner",
      header: { kid: undefined },
      ...ROLLING,
    },
    { what: "a token with the kid of one of five keys", key: "partner", header: { kid: "many-1" }, ...MANY },
    { what: "a token signed with a fetched key", key: "remote", claims: { iss: ISSUERS.remote }, rule: "remote" },
  ],
  attacks: attacks([
    WRONG_KEY,
    "RFC 8725 3.10; CVE-2018-0114",
    row("jwk-embedded", "the attacker's own public key in the header", {
      key: "stranger",
      header: { jwk: raw("{jwk:stranger}") },
    }),
    row("jwk-embedded-alone", "the same without a kid, so that the header has the only key to try", {
      key: "strangerRsa",
      header: { kid: undefined, jwk: raw("{jwk:strangerRsa}") },
    }),
    NO_KEY,
    "RFC 8725 2.9 and 3.10",
    row("jku-elsewhere", "the address of the attacker's key set", {
      key: "stranger",
      header: { kid: "evil", jku: "{trap}/jwks.json" },
    }),
    row("jku-metadata-service", "the address of a cloud's metadata service, so that the gateway sends it a request", {
      key: "stranger",
      header: { kid: "evil-2", jku: "http://169.254.169.254/latest/meta-data/" },
    }),
    row("kid-url", "the address of a key", { key: "stranger", header: { kid: "{trap}/key.pem" } }),
    WRONG_KEY,
    row("jku-honest-kid", "the same with an honest kid", { key: "stranger", header: { jku: "{trap}/jwks.json" } }),
    NO_KEY,
    "RFC 8725 2.9",
    row("jku-behind-issuer", "an address that begins like the issuer's", {
      key: "stranger",
      header: { kid: "evil-1", jku: `${ISSUERS.acme}@{trap}/jwks` },
    }),
    row("jku-file", "a file as key set", { key: "stranger", header: { kid: "evil-3", jku: "file:///etc/passwd" } }),
    row("kid-unknown-remote", "an unpublished kid of an issuer whose keys are fetched: each token could cost a fetch", {
      key: "remote",
      header: { kid: "no-such-key" },
      claims: { iss: ISSUERS.remote },
      rule: "remote",
    }),
    "RFC 8725 3.10",
    row("x5u-elsewhere", "the address of the attacker's certificate", {
      key: "strangerRsa",
      header: { kid: "evil-4", x5u: "{trap}/cert.pem" },
    }),
    row("metadata-in-claims", "the places of keys as claims", {
      key: "stranger",
      header: { kid: "evil-5" },
      claims: { jwks_uri: "{trap}/jwks.json", jku: "{trap}/jwks.json" },
    }),
    row("kid-path-asymmetric", "the path of a file with a key", {
      key: "stranger",
      header: { kid: "/proc/self/environ" },
    }),
    row("kid-sql", "SQL that would give a key of the attacker's choice", {
      key: "stranger",
      header: { kid: "x' UNION SELECT 'key' -- " },
    }),
    row("kid-ldap", "an LDAP filter", { key: "stranger", header: { kid: "*)(uid=*))(|(uid=*" } }),
    row("kid-long", "a kid of 4,000 characters, to fill logs and indexes", {
      key: "stranger",
      header: { kid: "k".repeat(4_000) },
    }),
    WRONG_KEY,
    "RFC 8725 3.10; RFC 7515 4.1.6",
    row("x5c-embedded", "the attacker's certificate in the header", {
      key: "strangerRsa",
      header: { x5c: ["MIIBszCCARygAwIBAgIBATANBgkqhkiG9w0BAQsFADAA"] },
    }),
    NO_KEY,
    "RFC 7515 4.1.7",
    row("x5t-unknown", "an unknown thumbprint, with a signature of the issuer's key", {
      key: "partner",
      header: { kid: undefined, x5t: "AAAAAAAAAAAAAAAAAAAAAAAAAAA" },
      ...ROLLING,
    }),
    row(
      "x5t-conflict",
      "the kid of one key, and the thumbprint of the key that signed: two verifiers would choose two keys",
      { key: "partner", header: { kid: "tenants", x5t: "new" }, ...ROLLING },
    ),
    WRONG_KEY,
    "RFC 7515 4.1.7; RFC 6194",
    row("x5t-as-trust", "the right thumbprint, and the signature of a stranger: SHA-1 names a key and proves nothing", {
      key: "stranger",
      header: { kid: undefined, x5t: "new" },
      ...ROLLING,
    }),
    row("x5t-of-other-key", "the thumbprint of one key, and the signature of the other", {
      key: "es256",
      header: { kid: undefined, x5t: "new" },
      ...ROLLING,
    }),
    "RFC 8725 2.9",
    row("kid-absent-stranger", "no kid, with three keys to try, and a signature of none of them", {
      key: "stranger",
      header: { kid: undefined },
      ...ROLLING,
    }),
    "RFC 8725 3.8",
    row("key-of-other-issuer", "a trusted issuer's key for tokens of another one, under the same kid", {
      key: "partner",
    }),
    row("key-of-other-issuer-reversed", "the same the other way round", {
      key: "es256",
      claims: { iss: ISSUERS.partner },
      rule: "partner",
    }),
    NO_KEY,
    "RFC 7515 4.1.4",
    row("kid-unknown", "a kid that nobody published", { header: { kid: "acme-ES256-2" } }),
    row("kid-absent", "no kid, with five possible keys, for verifiers that try all: each key costs a check", {
      key: "partner",
      header: { kid: undefined },
      ...MANY,
    }),
    row(
      "kid-unknown-rolling",
      "an unpublished kid, with the signature of a key that the plugin would try without a kid",
      { key: "partner", header: { kid: "old" }, ...ROLLING },
    ),
    row("x5t-of-other-kind", "the SHA-1 thumbprint of a key as its SHA-256 thumbprint", {
      key: "partner",
      header: { kid: undefined, "x5t#S256": "new" },
      ...ROLLING,
    }),
    row("kid-empty", "an empty kid", { header: { kid: "" } }),
    row("kid-other-case", "the kid in capitals: names are compared with case", { header: { kid: "ACME-ES256" } }),
    row("kid-with-space", "the kid and a space", { header: { kid: "acme-ES256 " } }),
    { reason: "token_malformed", told: INVALID },
    row("kid-number", "a number as kid", { header: { kid: 0 } }),
    row("kid-list", "a list of kids", { header: { kid: ["acme-ES256"] } }),
    row("kid-null", "null as kid", { header: { kid: null } }),
    { reason: "algorithm_not_allowed", told: INVALID },
    "RFC 8725 3.10",
    row("kid-path", "the path of an empty file, and an HMAC with its content", {
      header: { alg: "HS256", kid: "../../../../../../dev/null" },
      signature: { hmac: "nothing" },
    }),
    NO_KEY,
    "RFC 8725 3.10; CWE-78",
    row("kid-command", "a command", { key: "stranger", header: { kid: "|touch owned" } }),
    "RFC 8725 3.10; CVE-2024-34273",
    row("kid-prototype", "__proto__, which every look-up in an object finds", {
      key: "stranger",
      header: { kid: "__proto__" },
    }),
    "RFC 8725 3.10; CWE-117",
    row("kid-log-forging", "a line break and a line that looks like the log's own", {
      key: "stranger",
      header: { kid: "x\n2030/01/01 00:00:00 [notice] jwt-policy allowed the request" },
    }),
    "RFC 8725 3.10; CWE-150",
    row("kid-terminal-escape", "an escape sequence for the operator's terminal", {
      key: "stranger",
      header: { kid: "\u001b]0;owned\u0007\u001b[2J" },
    }),
    { reason: "algorithm_not_allowed", told: INVALID },
    "CWE-141",
    row("kid-of-index", "an alg with a kid in it, so that it equals the name of another key in the index", {
      header: { alg: "ES256 kid acme-ES256", kid: undefined },
    }),
  ]),
};
