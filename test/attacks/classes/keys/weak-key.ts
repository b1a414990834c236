import { STAND_IN_PREFIX } from "../../../../plugin/keys/rules/stand-in.ts";
import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID } from "../../forge/attack.ts";

const UNUSED = { reason: "key_not_found", told: INVALID } as const;
const OF_REMOTE = { claims: { iss: ISSUERS.remote } } as const;
const AT_REMOTE = { rule: "remote" } as const;

/** An issuer publishes, by mistake, keys with which others can sign. */
export const weakKey: AttackClass = {
  name: "weak key",
  honest: [
    { what: "a token under the sound key beside them", token: { key: "remote", ...OF_REMOTE }, request: AT_REMOTE },
  ],
  attacks: [
    ...attacks(UNUSED, "RFC 8725 3.5; RFC 7518 3.3", [
      ["rsa-1024", "an RSA key of 1,024 bits", { token: { key: "short", ...OF_REMOTE }, request: AT_REMOTE }],
    ]),
    ...attacks(UNUSED, "RFC 8725 3.4", [
      [
        "rsa-exponent-one",
        "an RSA key with e = 1: the padded text is its own signature",
        {
          token: {
            key: "remote",
            header: { alg: "RS256", kid: "exponent-one" },
            signature: "pkcs1AsItIs",
            ...OF_REMOTE,
          },
          request: AT_REMOTE,
        },
      ],
    ]),
    ...attacks(UNUSED, "RFC 8725 3.5; CVE-2017-15361", [
      [
        "rsa-faulty-chip",
        "an RSA key of a chip whose keys can be factored",
        { token: { key: "strangerRsa", header: { kid: "faulty-chip" }, ...OF_REMOTE }, request: AT_REMOTE },
      ],
    ]),
    ...attacks(UNUSED, "RFC 8725 3.4; RFC 8032 5.1.7", [
      [
        "ed-small-order",
        "an Ed25519 key that is the neutral element: one signature holds for every text",
        {
          token: { key: "remote", header: { alg: "EdDSA", kid: "small-order" }, signature: "edNeutral", ...OF_REMOTE },
          request: AT_REMOTE,
        },
      ],
    ]),
    ...attacks(UNUSED, "RFC 8725 3.5; RFC 7517 9.2", [
      [
        "key-leaked",
        "a key that was published with its private part",
        { token: { key: "leaked", ...OF_REMOTE }, request: AT_REMOTE },
      ],
      [
        "key-leaked-under-other-kid",
        "a key whose private part the issuer published under another kid",
        { token: { key: "leaked", header: { kid: "leaked-again" }, ...OF_REMOTE }, request: AT_REMOTE },
      ],
    ]),
    ...attacks(UNUSED, "RFC 7517 4.2", [
      [
        "key-for-encryption",
        "a key that is published for encryption",
        { token: { key: "forEncryption", ...OF_REMOTE }, request: AT_REMOTE },
      ],
    ]),
    ...attacks(UNUSED, "docs/guides/sandbox.md", [
      [
        "key-of-a-sandbox",
        "a key with which a sandbox stands in for the issuer, in the issuer's own key set",
        { token: { key: "standIn", ...OF_REMOTE }, request: AT_REMOTE },
      ],
      [
        "key-of-a-sandbox-in-capitals",
        "the same key under its kid in capital letters",
        {
          token: {
            key: "standIn",
            header: { kid: `${STAND_IN_PREFIX}ES256-0123456789ab`.toUpperCase() },
            ...OF_REMOTE,
          },
          request: AT_REMOTE,
        },
      ],
    ]),
    ...attacks({ reason: "algorithm_not_allowed", told: INVALID }, "RFC 8725 2.2; RFC 7518 6.4", [
      [
        "key-symmetric",
        "a secret in a public key set",
        {
          token: {
            key: "remote",
            header: { alg: "HS256", kid: "symmetric" },
            signature: { hmac: "published" },
            ...OF_REMOTE,
          },
          request: AT_REMOTE,
        },
      ],
    ]),
  ],
};
