import {
  type AttackClass,
  at,
  attacks,
  INVALID,
  type Members,
  NO_ACCESS,
  needsLogin,
  raw,
  row,
} from "../../forge/attack.ts";

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

const withRoles = (roles: unknown) => ({ claims: { realm_access: { roles } }, rule: "roles" }) as const;
/** The excluded role, where the first of two claims has another role. */
const withClientRoles = (access: unknown) =>
  ({ claims: { realm_access: { roles: ["user"] }, resource_access: access }, rule: "not-suspended" }) as const;
const withGroups = (groups: unknown) => ({ claims: { groups }, rule: "not-guest" }) as const;
/** The rule refuses the status "suspended", the tag "trial", a service that acts for the user, and a second organisation. */
const differing = (claims: Members) => ({ claims, rule: "differs" }) as const;
/** The rule requires a plan in lower-case letters, a level of at least 3, and the organisation 7. */
const withClaims = (claims: Members) =>
  ({ claims: { plan: "gold", level: 3, org: { id: 7 }, ...claims }, rule: "conditions" }) as const;
const withLogin = (claims: Members) =>
  ({ claims: { acr: "urn:example:mfa", auth_time: at(-60), ...claims }, rule: "strong-login" }) as const;
const onPath = (target: string, claims: Members = {}) => ({ claims, rule: "own", target }) as const;

/** Claims of a wrong type or form, which a careless reader would accept. */
export const requirement: AttackClass = {
  name: "requirement",
  honest: [
    { what: "a role among others", ...withRoles(["user", "auditor"]), upstream: { "x-roles": "user,auditor" } },
    { what: "a role as a string", ...withRoles("user"), upstream: { "x-roles": "user" } },
    { what: "no role, where one is excluded", rule: "not-suspended" },
    {
      what: "a role of the client beside one of the realm",
      claims: { realm_access: { roles: ["auditor"] }, resource_access: { shop: { roles: ["user"] } } },
      rule: "roles",
      upstream: { "x-roles": "auditor" },
    },
    { what: "groups in a string with commas", ...withGroups("staff, admins") },
    { what: "no claim that must differ or be absent", ...differing({}) },
    { what: "claims that differ", ...differing({ status: "active", tags: ["gold"], orgs: ["acme"] }) },
    { what: "what three conditions ask", ...withClaims({}) },
    {
      what: "a number of 19 digits beside the claims that matter",
      ...withClaims({ unrelated: raw("1147953659032899585") }),
    },
    {
      what: "the number of 19 digits that a double can represent",
      claims: { serial: raw("1147953659032899600") },
      rule: "serial",
    },
    { what: "a recent and strong login", ...withLogin({}) },
    { what: "one's own path", ...onPath("/own/alice/mail/in") },
    { what: "one's own path in percent encoding", ...onPath("/own/%61lice/mail/in") },
  ],
  attacks: attacks([
    REFUSED,
    ROLES,
    row("role-absent", "no role", withRoles([])),
    row("role-excluded", "an excluded role beside the required one", withRoles(["user", "suspended"])),
    row("role-parted", "two roles in one string", withRoles("user auditor")),
    row("role-comma", "two roles in one string, with a comma", withRoles("auditor,user")),
    row("role-capitals", "a role in capitals", withRoles(["USER"])),
    TYPES,
    row("roles-unreadable", "an excluded role in an object, if the rule only excludes this role", {
      ...withRoles([{ name: "suspended" }]),
      rule: "not-suspended",
    }),
    row("role-as-member", "an object with the role as name", withRoles({ user: true })),
    row("role-nested", "a list in a list", withRoles([["user"]])),
    row("role-second-list", "an excluded role in the second claim", {
      ...withClientRoles({ shop: { roles: ["suspended"] } }),
    }),
    row("role-second-text", "an excluded role as text in the second claim", {
      ...withClientRoles({ shop: { roles: "suspended" } }),
    }),
    row("role-second-object", "an object as the second claim", withClientRoles({ shop: { roles: { suspended: 1 } } })),
    row("role-second-blocked", "a list on the way to the second claim", withClientRoles([{ shop: ["suspended"] }])),
    row("group-separated", "an excluded group behind a comma and spaces", withGroups("staff,  guests ")),
    row("group-tab", "an excluded group behind a tab", withGroups("staff,x\tguests")),
    row("group-invisible", "an excluded group with a character without a glyph", withGroups("guests\u200b")),
    row("group-list", "an excluded group in a list, where a string is expected", withGroups(["staff,guests"])),
    row("differs-list", "a list of the negated value", differing({ status: ["suspended"] })),
    row("differs-object", "an object with the negated value", differing({ tags: [{ name: "trial" }] })),
    row("differs-nested", "the negated value in a list in the list", differing({ tags: [["trial"]] })),
    row("differs-text", "the negated value as a string", differing({ tags: "trial" })),
    row("absent-null-inside", "a value that must be absent, beside null", differing({ orgs: [null, "evil"] })),
    row("absent-in-object", "a list that became an object", differing({ orgs: { "1": "evil" } })),
    row("absent-blocked", "a string where the absent claim would be inside of", differing({ orgs: "evil" })),
    row("condition-number-as-text", "a string that turns into the number", withClaims({ org: { id: "7" } })),
    row(
      "condition-list-of-one",
      "a list with the number, which some readers convert to the number",
      withClaims({ org: { id: [7] } }),
    ),
    row("condition-absent", "no claim", withClaims({ org: undefined })),
    row("condition-null", "null, which is 0 to some", withClaims({ level: null })),
    row("condition-level-text", "a string of digits that is large enough", withClaims({ level: "9" })),
    row("condition-level-list", "a list of a number that is large enough", withClaims({ level: [9] })),
    row("condition-level-true", "true", withClaims({ level: true })),
    row("condition-level-below", "a number just below", withClaims({ level: 2.999 })),
    row("condition-empty-list", "an empty list where a claim is asked for", {
      ...withClaims({ serial: [] }),
      rule: "named",
    }),
    row("condition-blank-text", "a string of blanks where a claim is asked for", {
      ...withClaims({ serial: "  " }),
      rule: "named",
    }),
    row("condition-pattern-list", "a list of a string that fits", withClaims({ plan: ["gold"] })),
    "OpenID Connect Core 1.0 5.6.2",
    row("role-elsewhere", "an excluded role, if the provider keeps the long list of roles at another address", {
      claims: { _claim_names: { realm_access: "src1" }, _claim_sources: { src1: {} } },
      rule: "not-suspended",
    }),
    "CVE-2024-34273",
    row("condition-by-prototype", "the claim by way of __proto__", withClaims({ org: raw('{"__proto__":{"id":7}}') })),
    NUMBERS,
    row("condition-level-rounded", "a number below that rounds to the bound", {
      ...withClaims({ level: raw("2.99999999999999999999") }),
    }),
    row("condition-number-rounded", "a number that rounds to the required number", {
      ...withClaims({ org: raw('{"id":7.00000000000000000001}') }),
    }),
    row("condition-large-number", "another number of 19 digits, which is the same double", {
      ...withClaims({ serial: raw("1147953659032899585") }),
      rule: "serial",
    }),
    "CWE-777",
    row("condition-pattern-newline", "a line break after a matching text, because some readers stop at the line end", {
      ...withClaims({ plan: "gold\n" }),
    }),
    row("condition-pattern-inside", "what fits as a part", withClaims({ plan: "GOLD gold" })),
    "CWE-1333",
    row("condition-pattern-long", "a string of 3,000 letters, to make the pattern slow", {
      ...withClaims({ plan: "a".repeat(3_000) }),
    }),
    "CWE-639",
    row("path-of-other-user", "another user's path", onPath("/own/bob/mail/in")),
    row("path-own-name-elsewhere", "one's own name in another segment", onPath("/own/bob/mail/alice")),
    row("path-own-name-longer", "a user whose name begins with the client's own name", onPath("/own/alice2/mail/in")),
    "CWE-178; CWE-639",
    row("path-own-name-capitals", "one's own name in capitals", onPath("/own/ALICE/mail/in")),
    LOGIN,
    LOGINS,
    row("acr-absent", "no acr", withLogin({ acr: undefined })),
    row("acr-other", "a weaker acr", withLogin({ acr: "urn:example:password" })),
    row("acr-several-in-text", "two acrs in one string", withLogin({ acr: "urn:example:password urn:example:mfa" })),
    row("auth-time-old", "a login of an hour ago", withLogin({ auth_time: at(-3_600) })),
    row("auth-time-absent", "no auth_time", withLogin({ auth_time: undefined })),
    row("auth-time-future", "a login in the future, which stays recent", withLogin({ auth_time: at(3_600) })),
    row("auth-time-milliseconds", "auth_time in milliseconds", withLogin({ auth_time: raw("{now-60}000") })),
    MISTYPED,
    row("acr-list", "a list of acrs", withLogin({ acr: ["urn:example:mfa"] })),
    row("auth-time-text", "auth_time as text", withLogin({ auth_time: raw('"{now-60}"') })),
  ]),
};
