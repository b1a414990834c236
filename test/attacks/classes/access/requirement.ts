import { type AttackClass, at, INVALID, type Members, NO_ACCESS, needsLogin, raw } from "../../forge/attack.ts";

const REFUSED = { reason: "condition_unmet", told: NO_ACCESS } as const;
const LOGIN = {
  reason: "authentication_insufficient",
  told: needsLogin('acr_values="urn:example:mfa", max_age="300"'),
} as const;
const MISTYPED = { reason: "claim_invalid", told: INVALID } as const;
const ROLES = "RFC 9068 2.2.3.1";
const TYPES = "RFC 8259 3; CWE-843";
const NUMBERS = "RFC 8259 6; RFC 7493 2.2";
const LOGINS = "RFC 9470 3; OpenID Connect Core 1.0 2";

const withRoles = (roles: unknown) =>
  ({ token: { claims: { realm_access: { roles } } }, request: { rule: "roles" } }) as const;
/** The rule wants a plan of small letters, a level of 3 or more, and the organisation 7. */
const withClaims = (claims: Members) =>
  ({
    token: { claims: { plan: "gold", level: 3, org: { id: 7 }, ...claims } },
    request: { rule: "conditions" },
  }) as const;
const withLogin = (claims: Members) =>
  ({
    token: { claims: { acr: "urn:example:mfa", auth_time: at(-60), ...claims } },
    request: { rule: "strong-login" },
  }) as const;
const onPath = (target: string, claims: Members = {}) =>
  ({ token: { claims }, request: { rule: "own", target } }) as const;

/** Claims of another type or form than the rule means, which meet it to who looks at them askance. */
export const requirement: AttackClass = {
  name: "requirement",
  honest: [
    { what: "a role among others", ...withRoles(["user", "auditor"]), upstream: { "x-roles": "user,auditor" } },
    { what: "a role as a text", ...withRoles("user"), upstream: { "x-roles": "user" } },
    { what: "no role, where one is excluded", request: { rule: "not-suspended" } },
    { what: "what three conditions ask", ...withClaims({}) },
    {
      what: "a number of 19 digits beside the claims that matter",
      ...withClaims({ unrelated: raw("1147953659032899585") }),
    },
    {
      what: "the number of 19 digits that a double holds",
      token: { claims: { serial: raw("1147953659032899600") } },
      request: { rule: "serial" },
    },
    { what: "a recent and strong login", ...withLogin({}) },
    { what: "one's own path", ...onPath("/own/alice/mail/in") },
    { what: "one's own path in percent encoding", ...onPath("/own/%61lice/mail/in") },
  ],
  attacks: [
    { id: "role-absent", tries: "no role", reference: ROLES, ...withRoles([]), ...REFUSED },
    {
      id: "role-excluded",
      tries: "an excluded role beside the required one",
      reference: ROLES,
      ...withRoles(["user", "suspended"]),
      ...REFUSED,
    },
    {
      id: "roles-unreadable",
      tries: "an excluded role in an object, where nothing but that role is asked for",
      reference: TYPES,
      ...withRoles([{ name: "suspended" }]),
      request: { rule: "not-suspended" },
      ...REFUSED,
    },
    { id: "role-parted", tries: "two roles in one text", reference: ROLES, ...withRoles("user auditor"), ...REFUSED },
    {
      id: "role-comma",
      tries: "two roles in one text, with a comma",
      reference: ROLES,
      ...withRoles("auditor,user"),
      ...REFUSED,
    },
    { id: "role-capitals", tries: "a role in capitals", reference: ROLES, ...withRoles(["USER"]), ...REFUSED },
    {
      id: "role-as-member",
      tries: "an object with the role as name",
      reference: TYPES,
      ...withRoles({ user: true }),
      ...REFUSED,
    },
    { id: "role-nested", tries: "a list in a list", reference: TYPES, ...withRoles([["user"]]), ...REFUSED },
    {
      id: "condition-number-as-text",
      tries: "a text that turns into the number",
      reference: TYPES,
      ...withClaims({ org: { id: "7" } }),
      ...REFUSED,
    },
    {
      id: "condition-list-of-one",
      tries: "a list with the number, which turns into it",
      reference: TYPES,
      ...withClaims({ org: { id: [7] } }),
      ...REFUSED,
    },
    {
      id: "condition-by-prototype",
      tries: "the claim by way of __proto__",
      reference: "CVE-2024-34273",
      ...withClaims({ org: raw('{"__proto__":{"id":7}}') }),
      ...REFUSED,
    },
    { id: "condition-absent", tries: "no claim", reference: TYPES, ...withClaims({ org: undefined }), ...REFUSED },
    {
      id: "condition-null",
      tries: "null, which is 0 to some",
      reference: TYPES,
      ...withClaims({ level: null }),
      ...REFUSED,
    },
    {
      id: "condition-level-text",
      tries: "a text of digits that is large enough",
      reference: TYPES,
      ...withClaims({ level: "9" }),
      ...REFUSED,
    },
    {
      id: "condition-level-list",
      tries: "a list of a number that is large enough",
      reference: TYPES,
      ...withClaims({ level: [9] }),
      ...REFUSED,
    },
    { id: "condition-level-true", tries: "true", reference: TYPES, ...withClaims({ level: true }), ...REFUSED },
    {
      id: "condition-level-below",
      tries: "a number just below",
      reference: TYPES,
      ...withClaims({ level: 2.999 }),
      ...REFUSED,
    },
    {
      id: "condition-level-rounded",
      tries: "a number below that rounds to the bound",
      reference: NUMBERS,
      ...withClaims({ level: raw("2.99999999999999999999") }),
      ...REFUSED,
    },
    {
      id: "condition-number-rounded",
      tries: "a number that rounds to the one that is asked for",
      reference: NUMBERS,
      ...withClaims({ org: raw('{"id":7.00000000000000000001}') }),
      ...REFUSED,
    },
    {
      id: "condition-large-number",
      tries: "another number of 19 digits, which is the same double",
      reference: NUMBERS,
      ...withClaims({ serial: raw("1147953659032899585") }),
      request: { rule: "serial" },
      ...REFUSED,
    },
    {
      id: "condition-empty-list",
      tries: "an empty list where a claim is asked for",
      reference: TYPES,
      ...withClaims({ serial: [] }),
      request: { rule: "named" },
      ...REFUSED,
    },
    {
      id: "condition-blank-text",
      tries: "a text of blanks where a claim is asked for",
      reference: TYPES,
      ...withClaims({ serial: "  " }),
      request: { rule: "named" },
      ...REFUSED,
    },
    {
      id: "condition-pattern-newline",
      tries: "a line break behind what fits, where an end of line is an end for some",
      reference: "CWE-777",
      ...withClaims({ plan: "gold\n" }),
      ...REFUSED,
    },
    {
      id: "condition-pattern-inside",
      tries: "what fits as a part",
      reference: "CWE-777",
      ...withClaims({ plan: "GOLD gold" }),
      ...REFUSED,
    },
    {
      id: "condition-pattern-long",
      tries: "a text of 3,000 letters, to make the pattern slow",
      reference: "CWE-1333",
      ...withClaims({ plan: "a".repeat(3_000) }),
      ...REFUSED,
    },
    {
      id: "condition-pattern-list",
      tries: "a list of a text that fits",
      reference: TYPES,
      ...withClaims({ plan: ["gold"] }),
      ...REFUSED,
    },
    {
      id: "path-of-other-user",
      tries: "another user's path",
      reference: "CWE-639",
      ...onPath("/own/bob/mail/in"),
      ...REFUSED,
    },
    {
      id: "path-own-name-elsewhere",
      tries: "one's own name in another segment",
      reference: "CWE-639",
      ...onPath("/own/bob/mail/alice"),
      ...REFUSED,
    },
    {
      id: "path-own-name-capitals",
      tries: "one's own name in capitals",
      reference: "CWE-178; CWE-639",
      ...onPath("/own/ALICE/mail/in"),
      ...REFUSED,
    },
    {
      id: "path-own-name-longer",
      tries: "a user whose name begins like one's own",
      reference: "CWE-639",
      ...onPath("/own/alice2/mail/in"),
      ...REFUSED,
    },
    { id: "acr-absent", tries: "no acr", reference: LOGINS, ...withLogin({ acr: undefined }), ...LOGIN },
    {
      id: "acr-other",
      tries: "a weaker acr",
      reference: LOGINS,
      ...withLogin({ acr: "urn:example:password" }),
      ...LOGIN,
    },
    {
      id: "acr-list",
      tries: "a list of acrs",
      reference: LOGINS,
      ...withLogin({ acr: ["urn:example:mfa"] }),
      ...MISTYPED,
    },
    {
      id: "acr-several-in-text",
      tries: "two acrs in one text",
      reference: LOGINS,
      ...withLogin({ acr: "urn:example:password urn:example:mfa" }),
      ...LOGIN,
    },
    {
      id: "auth-time-old",
      tries: "a login of an hour ago",
      reference: LOGINS,
      ...withLogin({ auth_time: at(-3_600) }),
      ...LOGIN,
    },
    {
      id: "auth-time-absent",
      tries: "no auth_time",
      reference: LOGINS,
      ...withLogin({ auth_time: undefined }),
      ...LOGIN,
    },
    {
      id: "auth-time-text",
      tries: "auth_time as text",
      reference: LOGINS,
      ...withLogin({ auth_time: raw('"{now-60}"') }),
      ...MISTYPED,
    },
    {
      id: "auth-time-future",
      tries: "a login that is yet to come, and stays recent",
      reference: LOGINS,
      ...withLogin({ auth_time: at(3_600) }),
      ...LOGIN,
    },
    {
      id: "auth-time-milliseconds",
      tries: "auth_time in milliseconds",
      reference: LOGINS,
      ...withLogin({ auth_time: raw("{now-60}000") }),
      ...LOGIN,
    },
  ],
};
