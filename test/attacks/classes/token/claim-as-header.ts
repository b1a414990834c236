import { type AttackClass, attacks, INVALID, NO_ACCESS } from "../../forge/attack.ts";

const REFUSED = { reason: "claim_not_header_safe", told: NO_ACCESS } as const;
const REFERENCE = "RFC 8725 3.10; RFC 9110 5.5";

/** Claims that would leave their header at the upstream. The issuer signed them: users choose their names. */
export const claimAsHeader: AttackClass = {
  name: "claim as header",
  honest: [
    { what: "a tenant", token: { claims: { tenant: "acme" } }, upstream: { "x-tenant": "acme" } },
    {
      what: "inner spaces and punctuation",
      token: { claims: { tenant: 'Acme & Sons: 50% "off"' } },
      upstream: { "x-tenant": 'Acme & Sons: 50% "off"' },
    },
    {
      what: "roles",
      token: { claims: { realm_access: { roles: ["user", "auditor"] } } },
      upstream: { "x-roles": "user,auditor" },
    },
    { what: "nothing for an empty list of roles", token: { claims: { realm_access: { roles: [] } } } },
    {
      what: "the organisation, where the token names no tenant",
      token: { claims: { tenant: null, org_id: "acme" } },
      upstream: { "x-tenant": "acme" },
    },
    {
      what: "the tenant alone, where the token names an organisation too",
      token: { claims: { tenant: "acme", org_id: "evil" } },
      upstream: { "x-tenant": "acme" },
    },
  ],
  attacks: [
    ...attacks(REFUSED, `${REFERENCE}; CWE-113`, [
      [
        "header-split",
        "a line break and another header",
        { token: { claims: { tenant: "acme\r\nx-user-id: admin" } } },
      ],
      ["header-line-feed", "a line feed alone", { token: { claims: { tenant: "acme\nx-user-id: admin" } } }],
      [
        "header-carriage-return",
        "a carriage return alone",
        { token: { claims: { tenant: "acme\rx-user-id: admin" } } },
      ],
      ["sub-line-break", "a line break in the sub", { token: { claims: { sub: "alice\r\nx-tenant: evil" } } }],
    ]),
    ...attacks(REFUSED, "RFC 9112 5.2", [
      [
        "header-folded",
        "a line break and a space, which some unfold",
        { token: { claims: { tenant: "acme\r\n admin" } } },
      ],
    ]),
    ...attacks(REFUSED, REFERENCE, [
      ["header-nul", "a NUL, where a string ends for some", { token: { claims: { tenant: "acme\u0000admin" } } }],
      ["header-delete", "the delete character", { token: { claims: { tenant: "acme\u007f" } } }],
      ["header-tab", "a tab", { token: { claims: { tenant: "acme\tadmin" } } }],
      ["header-line-separator", "a line separator", { token: { claims: { tenant: "acme\u2028admin" } } }],
      ["header-next-line", "a next-line character", { token: { claims: { tenant: "acme\u0085admin" } } }],
      [
        "header-latin-1",
        "a letter beyond ASCII, which upstreams decode each in their way",
        { token: { claims: { tenant: "Andr\u00e9" } } },
      ],
      [
        "header-space-before",
        "a space before it, which proxies strip: two users become one",
        { token: { claims: { tenant: " acme" } } },
      ],
      ["header-space-behind", "a space behind it", { token: { claims: { tenant: "acme " } } }],
      ["header-blank", "nothing but a space", { token: { claims: { tenant: " " } } }],
      ["header-object", "an object", { token: { claims: { tenant: { id: "acme" } } } }],
    ]),
    ...attacks(REFUSED, "RFC 8725 3.10; CWE-636", [
      [
        "header-first-empty",
        "an empty tenant, to become the organisation",
        { token: { claims: { tenant: "", org_id: "evil" } } },
      ],
      ["header-first-list", "an empty list as tenant", { token: { claims: { tenant: [], org_id: "evil" } } }],
      ["header-first-object", "an object as tenant", { token: { claims: { tenant: {}, org_id: "evil" } } }],
      [
        "header-first-elsewhere",
        "a tenant that is kept elsewhere",
        { token: { claims: { _claim_names: { tenant: "src1" }, org_id: "evil" } } },
      ],
    ]),
    ...attacks(REFUSED, "CVE-2018-12116", [
      [
        "header-line-feed-by-truncation",
        "a letter whose low byte is a line feed",
        { token: { claims: { tenant: "acme\u010ax-user-id: admin" } } },
      ],
    ]),
    ...attacks(REFUSED, "UTS 39", [
      ["header-reversed", "a mark that turns the text around", { token: { claims: { tenant: "\u202enimda" } } }],
    ]),
    ...attacks(REFUSED, "RFC 9110 5.4", [
      ["header-long", "4,097 bytes", { token: { claims: { tenant: "a".repeat(4_097) } } }],
      [
        "header-long-list",
        "375 roles of 10 bytes",
        { token: { claims: { realm_access: { roles: Array.from({ length: 375 }, () => "role-12345") } } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8259 6; RFC 7493 2.2", [
      [
        "header-large-number",
        "a number that is rounded to its neighbour's",
        { token: { claims: { tenant: 2 ** 53 } } },
      ],
    ]),
    ...attacks(REFUSED, "RFC 8259 6", [["header-fraction", "a fraction", { token: { claims: { tenant: 0.1 } } }]]),
    ...attacks(REFUSED, "RFC 9110 5.6.1", [
      [
        "header-comma-in-list",
        "a role with a comma in it: one role becomes two",
        { token: { claims: { realm_access: { roles: ["user,admin"] } } } },
      ],
      [
        "header-space-in-list",
        "a role with a space before it, which is stripped behind the comma",
        { token: { claims: { realm_access: { roles: ["user", " admin"] } } } },
      ],
      ["header-empty-in-list", "an empty role", { token: { claims: { realm_access: { roles: ["user", ""] } } } }],
      ["header-list-in-list", "a list in a list", { token: { claims: { realm_access: { roles: [["admin"]] } } } }],
      [
        "header-number-in-list",
        "a number among roles",
        { token: { claims: { realm_access: { roles: ["user", 1] } } } },
      ],
    ]),
    ...attacks({ reason: "claim_invalid", told: INVALID }, "RFC 7519 4.1.2; RFC 8725 3.8", [
      ["sub-list", "two users in one sub", { token: { claims: { sub: ["alice", "admin"] } } }],
    ]),
    ...attacks({ reason: "claim_invalid", told: INVALID }, "RFC 7519 4.1.2", [
      ["sub-number", "a number as sub", { token: { claims: { sub: 1 } } }],
    ]),
    ...attacks({ reason: "claim_missing", told: INVALID }, "RFC 8725 3.8; RFC 9068 2.2", [
      ["sub-absent", "no sub, where it is required", { token: { claims: { sub: undefined } } }],
    ]),
  ],
};
