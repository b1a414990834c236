import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, raw } from "../../forge/attack.ts";

const WRONG_KEY = { reason: "signature_invalid", told: INVALID } as const;
const OF_ROLLING = { claims: { iss: ISSUERS.rolling } } as const;
const AT_ROLLING = { rule: "rolling" } as const;
const OF_MANY = { claims: { iss: ISSUERS.many } } as const;
const AT_MANY = { rule: "many" } as const;
const NO_KEY = { reason: "key_not_found", told: INVALID } as const;

/** The token contains a key or its address, and the attacker hopes that the verifier uses or fetches this key. */
export const keyChoice: AttackClass = {
  name: "key choice",
  honest: [
    { what: "a token with its kid" },
    { what: "a token that names a place of keys, which nobody visits", token: { header: { jku: "{trap}/jwks" } } },
    {
      what: "a token with a key of somebody else, which nobody uses",
      token: { header: { jwk: raw("{jwk:stranger}") } },
    },
    {
      what: "another issuer's token",
      token: { key: "partner", claims: { iss: ISSUERS.partner } },
      request: { rule: "partner" },
    },
    {
      what: "a token that names its key by a certificate",
      token: { key: "partner", header: { kid: undefined, x5t: "new" }, ...OF_ROLLING },
      request: AT_ROLLING,
    },
    {
      what: "a token that names no key, and is signed with the second of three",
      token: { key: "partner", header: { kid: undefined }, ...OF_ROLLING },
      request: AT_ROLLING,
    },
    {
      what: "a token with the kid of one of five keys",
      token: { key: "partner", header: { kid: "many-1" }, ...OF_MANY },
      request: AT_MANY,
    },
    {
      what: "a token under a key that was fetched",
      token: { key: "remote", claims: { iss: ISSUERS.remote } },
      request: { rule: "remote" },
    },
  ],
  attacks: [
    ...attacks(WRONG_KEY, "RFC 8725 3.10; CVE-2018-0114", [
      [
        "jwk-embedded",
        "the attacker's own public key in the header",
        { token: { key: "stranger", header: { jwk: raw("{jwk:stranger}") } } },
      ],
    ]),
    ...attacks(WRONG_KEY, "RFC 8725 3.10; CVE-2018-0114", [
      [
        "jwk-embedded-alone",
        "the same without a kid, where the header has the only key left to try",
        { token: { key: "strangerRsa", header: { kid: undefined, jwk: raw("{jwk:strangerRsa}") } } },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 8725 2.9 and 3.10", [
      [
        "jku-elsewhere",
        "the address of the attacker's key set",
        { token: { key: "stranger", header: { kid: "evil", jku: "{trap}/jwks.json" } } },
      ],
      [
        "jku-metadata-service",
        "the address of a cloud's metadata service, to have it asked from inside",
        { token: { key: "stranger", header: { kid: "evil-2", jku: "http://169.254.169.254/latest/meta-data/" } } },
      ],
      ["kid-url", "the address of a key", { token: { key: "stranger", header: { kid: "{trap}/key.pem" } } }],
    ]),
    ...attacks(WRONG_KEY, "RFC 8725 2.9 and 3.10", [
      [
        "jku-honest-kid",
        "the same with an honest kid",
        { token: { key: "stranger", header: { jku: "{trap}/jwks.json" } } },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 8725 2.9", [
      [
        "jku-behind-issuer",
        "an address that begins like the issuer's",
        { token: { key: "stranger", header: { kid: "evil-1", jku: `${ISSUERS.acme}@{trap}/jwks` } } },
      ],
      [
        "jku-file",
        "a file as key set",
        { token: { key: "stranger", header: { kid: "evil-3", jku: "file:///etc/passwd" } } },
      ],
      [
        "kid-unknown-remote",
        "a kid that nobody published, of an issuer whose keys are fetched: each could cost a fetch",
        {
          token: { key: "remote", header: { kid: "no-such-key" }, claims: { iss: ISSUERS.remote } },
          request: { rule: "remote" },
        },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 8725 3.10", [
      [
        "x5u-elsewhere",
        "the address of the attacker's certificate",
        { token: { key: "strangerRsa", header: { kid: "evil-4", x5u: "{trap}/cert.pem" } } },
      ],
      [
        "metadata-in-claims",
        "the places of keys as claims",
        {
          token: {
            key: "stranger",
            header: { kid: "evil-5" },
            claims: { jwks_uri: "{trap}/jwks.json", jku: "{trap}/jwks.json" },
          },
        },
      ],
      [
        "kid-path-asymmetric",
        "the path of a file with a key",
        { token: { key: "stranger", header: { kid: "/proc/self/environ" } } },
      ],
      [
        "kid-sql",
        "SQL that would give a key of the attacker's choice",
        { token: { key: "stranger", header: { kid: "x' UNION SELECT 'key' -- " } } },
      ],
      ["kid-ldap", "an LDAP filter", { token: { key: "stranger", header: { kid: "*)(uid=*))(|(uid=*" } } }],
      [
        "kid-long",
        "a kid of 4,000 characters, to fill logs and indexes",
        { token: { key: "stranger", header: { kid: "k".repeat(4_000) } } },
      ],
    ]),
    ...attacks(WRONG_KEY, "RFC 8725 3.10; RFC 7515 4.1.6", [
      [
        "x5c-embedded",
        "the attacker's certificate in the header",
        { token: { key: "strangerRsa", header: { x5c: ["MIIBszCCARygAwIBAgIBATANBgkqhkiG9w0BAQsFADAA"] } } },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 7515 4.1.7", [
      [
        "x5t-unknown",
        "the thumbprint of no key, with a signature that a key of the issuer would verify",
        {
          token: { key: "partner", header: { kid: undefined, x5t: "AAAAAAAAAAAAAAAAAAAAAAAAAAA" }, ...OF_ROLLING },
          request: AT_ROLLING,
        },
      ],
      [
        "x5t-conflict",
        "the kid of one key, and the thumbprint of the key that signed: two verifiers would choose two keys",
        { token: { key: "partner", header: { kid: "tenants", x5t: "new" }, ...OF_ROLLING }, request: AT_ROLLING },
      ],
    ]),
    ...attacks(WRONG_KEY, "RFC 7515 4.1.7; RFC 6194", [
      [
        "x5t-as-trust",
        "the right thumbprint, and the signature of a stranger: SHA-1 names a key and proves nothing",
        { token: { key: "stranger", header: { kid: undefined, x5t: "new" }, ...OF_ROLLING }, request: AT_ROLLING },
      ],
      [
        "x5t-of-other-key",
        "the thumbprint of one key, and the signature of the other",
        { token: { key: "es256", header: { kid: undefined, x5t: "new" }, ...OF_ROLLING }, request: AT_ROLLING },
      ],
    ]),
    ...attacks(WRONG_KEY, "RFC 8725 2.9", [
      [
        "kid-absent-stranger",
        "no kid where three keys are tried, and a signature of none",
        { token: { key: "stranger", header: { kid: undefined }, ...OF_ROLLING }, request: AT_ROLLING },
      ],
    ]),
    ...attacks(WRONG_KEY, "RFC 8725 3.8", [
      [
        "key-of-other-issuer",
        "a trusted issuer's key for tokens of another one, under the same kid",
        { token: { key: "partner" } },
      ],
      [
        "key-of-other-issuer-reversed",
        "the same the other way round",
        { token: { key: "es256", claims: { iss: ISSUERS.partner } }, request: { rule: "partner" } },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 7515 4.1.4", [
      ["kid-unknown", "a kid that nobody published", { token: { header: { kid: "acme-ES256-2" } } }],
      [
        "kid-absent",
        "no kid where five keys could be meant, for verifiers that try them all: each costs a check",
        { token: { key: "partner", header: { kid: undefined }, ...OF_MANY }, request: AT_MANY },
      ],
      [
        "kid-unknown-rolling",
        "a kid that nobody published, with the signature of a key that would be tried without a kid",
        { token: { key: "partner", header: { kid: "old" }, ...OF_ROLLING }, request: AT_ROLLING },
      ],
      [
        "x5t-of-other-kind",
        "the SHA-1 thumbprint of a key as its SHA-256 thumbprint",
        {
          token: { key: "partner", header: { kid: undefined, "x5t#S256": "new" }, ...OF_ROLLING },
          request: AT_ROLLING,
        },
      ],
      ["kid-empty", "an empty kid", { token: { header: { kid: "" } } }],
      [
        "kid-other-case",
        "the kid in capitals: names are compared with case",
        { token: { header: { kid: "ACME-ES256" } } },
      ],
      ["kid-with-space", "the kid and a space", { token: { header: { kid: "acme-ES256 " } } }],
    ]),
    ...attacks({ reason: "token_malformed", told: INVALID }, "RFC 7515 4.1.4", [
      ["kid-number", "a number as kid", { token: { header: { kid: 0 } } }],
      ["kid-list", "a list of kids", { token: { header: { kid: ["acme-ES256"] } } }],
      ["kid-null", "null as kid", { token: { header: { kid: null } } }],
    ]),
    ...attacks({ reason: "algorithm_not_allowed", told: INVALID }, "RFC 8725 3.10", [
      [
        "kid-path",
        "the path of an empty file, and an HMAC with what it holds",
        { token: { header: { alg: "HS256", kid: "../../../../../../dev/null" }, signature: { hmac: "nothing" } } },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 8725 3.10; CWE-78", [
      ["kid-command", "a command", { token: { key: "stranger", header: { kid: "|touch owned" } } }],
    ]),
    ...attacks(NO_KEY, "RFC 8725 3.10; CVE-2024-34273", [
      [
        "kid-prototype",
        "__proto__, which every look-up in an object finds",
        { token: { key: "stranger", header: { kid: "__proto__" } } },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 8725 3.10; CWE-117", [
      [
        "kid-log-forging",
        "a line break and a line that looks like the log's own",
        {
          token: { key: "stranger", header: { kid: "x\n2030/01/01 00:00:00 [notice] jwt-policy allowed the request" } },
        },
      ],
    ]),
    ...attacks(NO_KEY, "RFC 8725 3.10; CWE-150", [
      [
        "kid-terminal-escape",
        "an escape sequence for the operator's terminal",
        { token: { key: "stranger", header: { kid: "\u001b]0;owned\u0007\u001b[2J" } } },
      ],
    ]),
    ...attacks({ reason: "algorithm_not_allowed", told: INVALID }, "CWE-141", [
      [
        "kid-of-index",
        "an alg with a kid in it, to meet the name of another entry in the index of keys",
        { token: { header: { alg: "ES256 kid acme-ES256", kid: undefined } } },
      ],
    ]),
  ],
};
