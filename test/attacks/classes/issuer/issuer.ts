import { ISSUERS } from "../../attack-policy.ts";
import { type AttackClass, attacks, INVALID, raw } from "../../forge/attack.ts";

const REFUSED = { reason: "issuer_untrusted", told: INVALID } as const;
const REFERENCE = "RFC 8725 3.8; RFC 7519 4.1.1";

/** Names that look like a trusted issuer's. All are signed with that issuer's key, so that only the name can fail them. */
export const issuer: AttackClass = {
  name: "issuer",
  honest: [
    { what: "the exact name" },
    {
      what: "the exact name with escapes in the text",
      token: { claims: { iss: raw('"https:\\/\\/idp.example.com"') } },
    },
    {
      what: "another trusted issuer, where the rule accepts it",
      token: { key: "partner", claims: { iss: ISSUERS.partner } },
      request: { rule: "partner" },
    },
  ],
  attacks: [
    ...attacks(REFUSED, REFERENCE, [
      ["iss-absent", "no iss", { token: { claims: { iss: undefined } } }],
      ["iss-null", "iss null", { token: { claims: { iss: null } } }],
      ["iss-object", "an object with the name", { token: { claims: { iss: { [ISSUERS.acme]: true } } } }],
      [
        "iss-longer-host",
        "a host that begins like the issuer's",
        { token: { claims: { iss: "https://idp.example.com.evil.example" } } },
      ],
      [
        "iss-in-path",
        "the issuer's name in the path of another host",
        { token: { claims: { iss: "https://evil.example/https://idp.example.com" } } },
      ],
      [
        "iss-as-user",
        "the issuer's host as the user of another",
        { token: { claims: { iss: "https://idp.example.com@evil.example" } } },
      ],
      ["iss-slash", "a slash behind it", { token: { claims: { iss: `${ISSUERS.acme}/` } } }],
      ["iss-dots", "a path that leads back", { token: { claims: { iss: `${ISSUERS.acme}/evil/..` } } }],
      ["iss-port", "the default port", { token: { claims: { iss: `${ISSUERS.acme}:443` } } }],
      ["iss-http", "http", { token: { claims: { iss: "http://idp.example.com" } } }],
      ["iss-capitals", "a host in capitals", { token: { claims: { iss: "https://IDP.example.com" } } }],
      ["iss-final-dot", "a host with its final dot", { token: { claims: { iss: `${ISSUERS.acme}.` } } }],
      ["iss-query", "a query behind it", { token: { claims: { iss: `${ISSUERS.acme}?x` } } }],
      ["iss-fragment", "a fragment behind it", { token: { claims: { iss: `${ISSUERS.acme}#x` } } }],
      ["iss-percent", "a letter in percent encoding", { token: { claims: { iss: "https://idp.ex%61mple.com" } } }],
      ["iss-nul", "a NUL behind it", { token: { claims: { iss: `${ISSUERS.acme}\u0000` } } }],
      [
        "iss-nul-host",
        "a NUL and another host behind it",
        { token: { claims: { iss: `${ISSUERS.acme}\u0000.evil.example` } } },
      ],
      ["iss-space", "a space behind it", { token: { claims: { iss: `${ISSUERS.acme} ` } } }],
      ["iss-newline", "a line break behind it", { token: { claims: { iss: `${ISSUERS.acme}\n` } } }],
      ["iss-space-before", "a space before it", { token: { claims: { iss: ` ${ISSUERS.acme}` } } }],
      ["iss-id-of-policy", "the id that the policy gives the issuer", { token: { claims: { iss: "acme" } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.8; CVE-2024-53861", [
      ["iss-empty", "an empty iss", { token: { claims: { iss: "" } } }],
      [
        "iss-part",
        "a part of the name, for verifiers that look whether one holds the other",
        { token: { claims: { iss: "https://idp.example" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.8; CVE-2025-30144", [
      [
        "iss-list",
        "a list with the trusted name and the attacker's",
        { token: { claims: { iss: ["https://evil.example", ISSUERS.acme] } } },
      ],
      ["iss-list-of-one", "a list with the trusted name alone", { token: { claims: { iss: [ISSUERS.acme] } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.8; UTS 39", [
      [
        "iss-lookalike",
        "a Cyrillic letter that looks the same",
        { token: { claims: { iss: "https://idp.ex\u0430mple.com" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 7.3; UAX 15", [
      [
        "iss-full-width",
        "a full-width letter, which normalises to the same",
        { token: { claims: { iss: "https://idp.example.co\uff4d" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 7.3; UTS 39", [
      [
        "iss-soft-hyphen",
        "a character that nobody sees",
        { token: { claims: { iss: "https://idp.exam\u00adple.com" } } },
      ],
    ]),
    ...attacks(REFUSED, "CVE-2024-34273", [
      [
        "iss-prototype",
        "__proto__, which every look-up in an object finds",
        { token: { claims: { iss: "__proto__" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.9 and 3.8", [
      [
        "iss-address",
        "an address where the attacker serves metadata and keys",
        { token: { key: "stranger", claims: { iss: "{trap}" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 7519 5.3", [
      [
        "iss-in-header",
        "the trusted name in the header, another in the claims",
        { token: { header: { iss: ISSUERS.acme }, claims: { iss: "https://evil.example" } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8725 2.7 and 3.8", [
      [
        "iss-of-other-rule",
        "a trusted issuer's honest token where the rule does not accept that issuer",
        { token: { key: "partner", claims: { iss: ISSUERS.partner } } },
      ],
    ]),
  ],
};
