import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, INVALID } from "../../forge/attack.ts";

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
    {
      id: "rsa-1024",
      tries: "an RSA key of 1,024 bits",
      reference: "RFC 8725 3.5; RFC 7518 3.3",
      token: { key: "short", ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "rsa-exponent-one",
      tries: "an RSA key with e = 1: the padded text is its own signature",
      reference: "RFC 8725 3.4",
      token: { key: "remote", header: { alg: "RS256", kid: "exponent-one" }, signature: "pkcs1AsItIs", ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "rsa-faulty-chip",
      tries: "an RSA key of a chip whose keys can be factored",
      reference: "RFC 8725 3.5; CVE-2017-15361",
      token: { key: "strangerRsa", header: { kid: "faulty-chip" }, ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "ed-small-order",
      tries: "an Ed25519 key that is the neutral element: one signature holds for every text",
      reference: "RFC 8725 3.4; RFC 8032 5.1.7",
      token: { key: "remote", header: { alg: "EdDSA", kid: "small-order" }, signature: "edNeutral", ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "key-leaked",
      tries: "a key that was published with its private part",
      reference: "RFC 8725 3.5; RFC 7517 9.2",
      token: { key: "leaked", ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "key-leaked-under-other-kid",
      tries: "a key whose private part the issuer published under another kid",
      reference: "RFC 8725 3.5; RFC 7517 9.2",
      token: { key: "leaked", header: { kid: "leaked-again" }, ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "key-for-encryption",
      tries: "a key that is published for encryption",
      reference: "RFC 7517 4.2",
      token: { key: "forEncryption", ...OF_REMOTE },
      request: AT_REMOTE,
      ...UNUSED,
    },
    {
      id: "key-symmetric",
      tries: "a secret in a public key set",
      reference: "RFC 8725 2.2; RFC 7518 6.4",
      token: {
        key: "remote",
        header: { alg: "HS256", kid: "symmetric" },
        signature: { hmac: "published" },
        ...OF_REMOTE,
      },
      request: AT_REMOTE,
      reason: "algorithm_not_allowed",
      told: INVALID,
    },
  ],
};
