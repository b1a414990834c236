import { type AttackClass, attacks, INVALID, NO_ACCESS, row } from "../../forge/attack.ts";

const REFUSED = { reason: "claim_not_header_safe", told: NO_ACCESS } as const;
const REFERENCE = "RFC 8725 3.10; RFC 9110 5.5";

/**
 * Claims that would not stay inside their header at the upstream. The issuer signed these claims, because users choose
 * their names.
 */
export const claimAsHeader: AttackClass = {
  name: "claim as header",
  honest: [
    { what: "a tenant", claims: { tenant: "acme" }, upstream: { "x-tenant": "acme" } },
    {
      what: "inner spaces and punctuation",
      claims: { tenant: 'Acme & Sons: 50% "off"' },
      upstream: { "x-tenant": 'Acme & Sons: 50% "off"' },
    },
    {
      what: "roles",
      claims: { realm_access: { roles: ["user", "auditor"] } },
      upstream: { "x-roles": "user,auditor" },
    },
    { what: "nothing for an empty list of roles", claims: { realm_access: { roles: [] } } },
    {
      what: "the organisation, if the token names no tenant",
      claims: { tenant: null, org_id: "acme" },
      upstream: { "x-tenant": "acme" },
    },
    {
      what: "only the tenant, if the token also names an organisation",
      claims: { tenant: "acme", org_id: "evil" },
      upstream: { "x-tenant": "acme" },
    },
  ],
  attacks: attacks([
    REFUSED,
    `${REFERENCE}; CWE-113`,
    row("header-split", "a line break and another header", { claims: { tenant: "acme\r\nx-user-id: admin" } }),
    row("header-line-feed", "a line feed alone", { claims: { tenant: "acme\nx-user-id: admin" } }),
    row("header-carriage-return", "a carriage return alone", { claims: { tenant: "acme\rx-user-id: admin" } }),
    row("sub-line-break", "a line break in the sub", { claims: { sub: "alice\r\nx-tenant: evil" } }),
    "RFC 9112 5.2",
    row("header-folded", "a line break and a space, which some programs unfold", {
      claims: { tenant: "acme\r\n admin" },
    }),
    REFERENCE,
    row("header-nul", "a NUL, at which a string ends for some programs", { claims: { tenant: "acme\u0000admin" } }),
    row("header-delete", "the delete character", { claims: { tenant: "acme\u007f" } }),
    row("header-tab", "a tab", { claims: { tenant: "acme\tadmin" } }),
    row("header-line-separator", "a line separator", { claims: { tenant: "acme\u2028admin" } }),
    row("header-next-line", "a next-line character", { claims: { tenant: "acme\u0085admin" } }),
    row("header-latin-1", "a letter beyond ASCII, which upstreams decode in different ways", {
      claims: { tenant: "Andr\u00e9" },
    }),
    row("header-space-before", "a space before it, which proxies strip: two users become one", {
      claims: { tenant: " acme" },
    }),
    row("header-space-behind", "a space behind it", { claims: { tenant: "acme " } }),
    row("header-blank", "nothing but a space", { claims: { tenant: " " } }),
    row("header-object", "an object", { claims: { tenant: { id: "acme" } } }),
    "RFC 8725 3.10; CWE-636",
    row("header-first-empty", "an empty tenant, to become the organisation", {
      claims: { tenant: "", org_id: "evil" },
    }),
    row("header-first-list", "an empty list as tenant", { claims: { tenant: [], org_id: "evil" } }),
    row("header-first-object", "an object as tenant", { claims: { tenant: {}, org_id: "evil" } }),
    row("header-first-elsewhere", "a tenant that is kept elsewhere", {
      claims: { _claim_names: { tenant: "src1" }, org_id: "evil" },
    }),
    "CVE-2018-12116",
    row("header-line-feed-by-truncation", "a letter whose low byte is a line feed", {
      claims: { tenant: "acme\u010ax-user-id: admin" },
    }),
    "UTS 39",
    row("header-reversed", "a mark that turns the text around", { claims: { tenant: "\u202enimda" } }),
    "RFC 9110 5.4",
    row("header-long", "4,097 bytes", { claims: { tenant: "a".repeat(4_097) } }),
    row("header-long-list", "375 roles of 10 bytes", {
      claims: { realm_access: { roles: Array.from({ length: 375 }, () => "role-12345") } },
    }),
    "RFC 8259 6; RFC 7493 2.2",
    row("header-large-number", "a number that is rounded to another user's number", { claims: { tenant: 2 ** 53 } }),
    "RFC 8259 6",
    row("header-fraction", "a fraction", { claims: { tenant: 0.1 } }),
    "RFC 9110 5.6.1",
    row("header-comma-in-list", "a role with a comma in it: one role becomes two", {
      claims: { realm_access: { roles: ["user,admin"] } },
    }),
    row("header-space-in-list", "a role with a space before it, which readers strip after the comma", {
      claims: { realm_access: { roles: ["user", " admin"] } },
    }),
    row("header-empty-in-list", "an empty role", { claims: { realm_access: { roles: ["user", ""] } } }),
    row("header-list-in-list", "a list in a list", { claims: { realm_access: { roles: [["admin"]] } } }),
    row("header-number-in-list", "a number among roles", { claims: { realm_access: { roles: ["user", 1] } } }),
    { reason: "claim_invalid", told: INVALID },
    "RFC 7519 4.1.2; RFC 8725 3.8",
    row("sub-list", "two users in one sub", { claims: { sub: ["alice", "admin"] } }),
    "RFC 7519 4.1.2",
    row("sub-number", "a number as sub", { claims: { sub: 1 } }),
    { reason: "claim_missing", told: INVALID },
    "RFC 8725 3.8; RFC 9068 2.2",
    row("sub-absent", "no sub, where it is required", { claims: { sub: undefined } }),
  ]),
};
