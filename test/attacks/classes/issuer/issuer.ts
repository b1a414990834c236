import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, raw, row } from "../../forge/attack.ts";

const REFUSED = { reason: "issuer_untrusted", told: INVALID } as const;
const REFERENCE = "RFC 8725 3.8; RFC 7519 4.1.1";

/**
 * Names that look like a trusted issuer's. All these tokens are signed with the accepted issuer's key. So the name
 * alone can cause a refusal.
 */
export const issuer: AttackClass = {
  name: "issuer",
  honest: [
    { what: "the exact name" },
    { what: "the exact name with escapes in the text", claims: { iss: raw('"https:\\/\\/idp.example.com"') } },
    {
      what: "another trusted issuer, where the rule accepts it",
      key: "partner",
      claims: { iss: ISSUERS.partner },
      rule: "partner",
    },
  ],
  attacks: attacks([
    REFUSED,
    REFERENCE,
    row("iss-absent", "no iss", { claims: { iss: undefined } }),
    row("iss-null", "iss null", { claims: { iss: null } }),
    row("iss-object", "an object with the name", { claims: { iss: { [ISSUERS.acme]: true } } }),
    row("iss-longer-host", "a host that begins like the issuer's", {
      claims: { iss: "https://idp.example.com.evil.example" },
    }),
    row("iss-in-path", "the issuer's name in the path of another host", {
      claims: { iss: "https://evil.example/https://idp.example.com" },
    }),
    row("iss-as-user", "the issuer's host as the user in an address of another host", {
      claims: { iss: "https://idp.example.com@evil.example" },
    }),
    row("iss-slash", "a slash behind it", { claims: { iss: `${ISSUERS.acme}/` } }),
    row("iss-dots", "a path that leads back", { claims: { iss: `${ISSUERS.acme}/evil/..` } }),
    row("iss-port", "the default port", { claims: { iss: `${ISSUERS.acme}:443` } }),
    row("iss-http", "http", { claims: { iss: "http://idp.example.com" } }),
    row("iss-capitals", "a host in capitals", { claims: { iss: "https://IDP.example.com" } }),
    row("iss-final-dot", "a host with its final dot", { claims: { iss: `${ISSUERS.acme}.` } }),
    row("iss-query", "a query behind it", { claims: { iss: `${ISSUERS.acme}?x` } }),
    row("iss-fragment", "a fragment behind it", { claims: { iss: `${ISSUERS.acme}#x` } }),
    row("iss-percent", "a letter in percent encoding", { claims: { iss: "https://idp.ex%61mple.com" } }),
    row("iss-nul", "a NUL behind it", { claims: { iss: `${ISSUERS.acme}\u0000` } }),
    row("iss-nul-host", "a NUL and another host behind it", { claims: { iss: `${ISSUERS.acme}\u0000.evil.example` } }),
    row("iss-space", "a space behind it", { claims: { iss: `${ISSUERS.acme} ` } }),
    row("iss-newline", "a line break behind it", { claims: { iss: `${ISSUERS.acme}\n` } }),
    row("iss-space-before", "a space before it", { claims: { iss: ` ${ISSUERS.acme}` } }),
    row("iss-id-of-policy", "the id that the policy gives the issuer", { claims: { iss: "acme" } }),
    "RFC 8725 3.8; CVE-2024-53861",
    row("iss-empty", "an empty iss", { claims: { iss: "" } }),
    row("iss-part", "a part of the name, for verifiers that compare only parts", {
      claims: { iss: "https://idp.example" },
    }),
    "RFC 8725 3.8; CVE-2025-30144",
    row("iss-list", "a list with the trusted name and the attacker's", {
      claims: { iss: ["https://evil.example", ISSUERS.acme] },
    }),
    row("iss-list-of-one", "a list with the trusted name alone", { claims: { iss: [ISSUERS.acme] } }),
    "RFC 8725 3.8; UTS 39",
    row("iss-lookalike", "a Cyrillic letter that looks the same", {
      claims: { iss: "https://idp.ex\u0430mple.com" },
    }),
    "RFC 7519 7.3; UAX 15",
    row("iss-full-width", "a full-width letter, which normalises to the same", {
      claims: { iss: "https://idp.example.co\uff4d" },
    }),
    "RFC 7519 7.3; UTS 39",
    row("iss-soft-hyphen", "an invisible character", { claims: { iss: "https://idp.exam\u00adple.com" } }),
    "CVE-2024-34273",
    row("iss-prototype", "__proto__, which every look-up in an object finds", { claims: { iss: "__proto__" } }),
    "RFC 8725 2.9 and 3.8",
    row("iss-address", "an address where the attacker serves metadata and keys", {
      key: "stranger",
      claims: { iss: "{trap}" },
    }),
    "RFC 7519 5.3",
    row("iss-in-header", "the trusted name in the header, another in the claims", {
      header: { iss: ISSUERS.acme },
      claims: { iss: "https://evil.example" },
    }),
    "RFC 8725 2.7 and 3.8",
    row("iss-of-other-rule", "a trusted issuer's honest token, at a rule that does not accept this issuer", {
      key: "partner",
      claims: { iss: ISSUERS.partner },
    }),
  ]),
};
