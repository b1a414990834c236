import { STAND_IN_PREFIX } from "../../../../plugin/keys/rules/stand-in.ts";
import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, row } from "../../forge/attack.ts";

const UNUSED = { reason: "key_not_found", told: INVALID } as const;
const OF_REMOTE = { claims: { iss: ISSUERS.remote } } as const;
const AT_REMOTE = { rule: "remote" } as const;

/** By mistake, an issuer publishes keys with which others can sign. */
export const weakKey: AttackClass = {
  name: "weak key",
  honest: [{ what: "a token signed with the valid key in the same set", key: "remote", ...OF_REMOTE, ...AT_REMOTE }],
  attacks: attacks([
    UNUSED,
    "RFC 8725 3.5; RFC 7518 3.3",
    row("rsa-1024", "an RSA key of 1,024 bits", { key: "short", ...OF_REMOTE, ...AT_REMOTE }),
    "RFC 8725 3.4",
    row("rsa-exponent-one", "an RSA key with e = 1: the padded text is its own signature", {
      key: "remote",
      header: { alg: "RS256", kid: "exponent-one" },
      signature: "pkcs1AsItIs",
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    "RFC 8725 3.5; CVE-2017-15361",
    row("rsa-faulty-chip", "an RSA key of a faulty chip, whose keys can be factored", {
      key: "strangerRsa",
      header: { kid: "faulty-chip" },
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    "RFC 8725 3.4; RFC 8032 5.1.7",
    row("ed-small-order", "an Ed25519 key that is the neutral element: one signature is valid for every text", {
      key: "remote",
      header: { alg: "EdDSA", kid: "small-order" },
      signature: "edNeutral",
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    "RFC 8725 3.5; RFC 7517 9.2",
    row("key-leaked", "a key that was published with its private part", { key: "leaked", ...OF_REMOTE, ...AT_REMOTE }),
    row("key-leaked-under-other-kid", "a key whose private part the issuer published under another kid", {
      key: "leaked",
      header: { kid: "leaked-again" },
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    "RFC 7517 4.2",
    row("key-for-encryption", "a key that is published for encryption", {
      key: "forEncryption",
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    "docs/guides/sandbox.md",
    row("key-of-a-sandbox", "a sandbox's key that replaces the issuer's keys, in the issuer's own key set", {
      key: "standIn",
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    row("key-of-a-sandbox-in-capitals", "the same key under its kid in capital letters", {
      key: "standIn",
      header: { kid: `${STAND_IN_PREFIX}ES256-0123456789ab`.toUpperCase() },
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
    { reason: "algorithm_not_allowed", told: INVALID },
    "RFC 8725 2.2; RFC 7518 6.4",
    row("key-symmetric", "a secret in a public key set", {
      key: "remote",
      header: { alg: "HS256", kid: "symmetric" },
      signature: { hmac: "published" },
      ...OF_REMOTE,
      ...AT_REMOTE,
    }),
  ]),
};
