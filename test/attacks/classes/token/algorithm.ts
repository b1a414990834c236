import { type AttackClass, attacks, INVALID } from "../../forge/attack.ts";

const REFUSED = { reason: "algorithm_not_allowed", told: INVALID } as const;
const MALFORMED_TOKEN = { reason: "token_malformed", told: INVALID } as const;

/** The token says how to verify it, and the plugin must not trust this. */
export const algorithm: AttackClass = {
  name: "algorithm",
  honest: [
    { what: "an RS256 token", token: { key: "rs256" } },
    { what: "an RS256 token under a key without alg", token: { key: "rs256", header: { kid: "acme-without-alg" } } },
    { what: "a PS256 token", token: { key: "ps256" } },
    { what: "an ES256 token", token: { key: "es256" } },
    { what: "an ES384 token", token: { key: "es384" } },
    { what: "an ES512 token", token: { key: "es512" } },
    { what: "an EdDSA token", token: { key: "eddsa" } },
  ],
  attacks: [
    ...attacks(MALFORMED_TOKEN, "RFC 8725 2.1 and 3.2; CVE-2015-2951", [
      ["none-unsigned", "alg none and no signature", { token: { header: { alg: "none" }, signature: "none" } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.1", [
      [
        "none-signed",
        "alg none and the signature of an honest token, for verifiers that only ask whether there is one",
        { token: { header: { alg: "none" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725bis 2.11", [
      ["none-capitalised", "None, past a list that has only none", { token: { header: { alg: "None" } } }],
      ["none-upper-case", "NONE", { token: { header: { alg: "NONE" } } }],
      ["none-mixed-case", "nOnE", { token: { header: { alg: "nOnE" } } }],
      [
        "none-with-space",
        "none and a space, past a comparison that does not trim, into one that does",
        { token: { header: { alg: "none " } } },
      ],
    ]),
    ...attacks(MALFORMED_TOKEN, "RFC 7515 4.1.1", [
      ["alg-absent", "no alg, for verifiers with a default", { token: { header: { alg: undefined } } }],
      ["alg-null", "alg null", { token: { header: { alg: null } } }],
      ["alg-list", "a list with an allowed alg in it", { token: { header: { alg: ["ES256"] } } }],
      ["alg-zero", "alg 0, which is no name and not true", { token: { header: { alg: 0 } } }],
      [
        "alg-object",
        "an object as alg, for look-ups that turn it into a string",
        { token: { header: { alg: { name: "ES256" } } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7515 4.1.1", [
      ["alg-empty", "an empty alg", { token: { header: { alg: "" } } }],
      ["alg-lower-case", "es256: names are compared with case", { token: { header: { alg: "es256" } } }],
      ["alg-with-nul", "ES256 and a NUL, where a name ends for some", { token: { header: { alg: "ES256\u0000" } } }],
    ]),
    ...attacks(REFUSED, "CVE-2024-34273", [
      [
        "alg-prototype",
        "__proto__, which every look-up in an object finds",
        { token: { header: { alg: "__proto__" } } },
      ],
      [
        "alg-constructor",
        "constructor, which every look-up in an object finds",
        { token: { header: { alg: "constructor" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.1 and 3.1; CVE-2015-9235", [
      [
        "hmac-with-pem",
        "HS256 with a public RSA key as secret, where the issuer has no secret",
        { token: { key: "rs256", header: { alg: "HS256" }, signature: { hmac: "pem" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.2; CVE-2019-20933, CVE-2020-28637", [
      [
        "hmac-with-nothing",
        "HS256 with an empty secret, where the issuer has none",
        { token: { header: { alg: "HS256" }, signature: { hmac: "nothing" } } },
      ],
    ]),
    ...attacks({ reason: "key_not_found", told: INVALID }, "RFC 8725 3.1", [
      [
        "rsa-key-of-other-padding",
        "PS256 with a key that is published for RS256",
        { token: { key: "rs256", header: { alg: "PS256" } } },
      ],
    ]),
    ...attacks({ reason: "key_not_found", told: INVALID }, "RFC 8725bis 3.1", [
      [
        "rsa-key-without-alg-as-pss",
        "PS256 with a key without alg: it serves RS256, and one key serves one algorithm",
        { token: { key: "rs256", header: { alg: "PS256", kid: "acme-without-alg" } } },
      ],
    ]),
    ...attacks({ reason: "key_not_found", told: INVALID }, "RFC 8725 3.1; CVE-2021-46743", [
      ["ec-key-as-rsa", "RS256 with the kid of a P-256 key", { token: { header: { alg: "RS256" } } }],
    ]),
    ...attacks({ reason: "key_not_found", told: INVALID }, "RFC 7518 3.4", [
      ["ec-other-curve", "ES384 with the kid of a P-256 key", { token: { header: { alg: "ES384" } } }],
    ]),
    ...attacks(REFUSED, "RFC 9864 2.2", [
      [
        "edwards-other-name",
        "Ed25519 where the issuer uses EdDSA only",
        { token: { key: "eddsa", header: { alg: "Ed25519" } } },
      ],
      [
        "edwards-other-curve",
        "Ed448 with the kid of an Ed25519 key: the curve belongs to the key",
        { token: { key: "eddsa", header: { alg: "Ed448" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8812 3.2", [
      ["ec-bitcoin-curve", "ES256K, a name that begins like an allowed one", { token: { header: { alg: "ES256K" } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.2", [
      ["rsa-sha1", "RS1", { token: { key: "rs256", header: { alg: "RS1" }, signature: "pkcs1OverSha1" } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.3; CVE-2023-51774", [
      ["alg-of-encryption", "dir, an algorithm for keys of JWE, in a JWS", { token: { header: { alg: "dir" } } }],
    ]),
  ],
};
