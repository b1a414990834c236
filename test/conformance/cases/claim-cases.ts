import { type ConformanceCase, passes, refusalsOf, type TokenRecipe } from "./case.ts";

const refuses = refusalsOf("differs");

type Members = Readonly<Record<string, unknown>>;

const withClaims = (claims: Members): TokenRecipe => ({ claims });
const roles = (realm: unknown, client: unknown): Members => ({
  realm_access: { roles: realm },
  resource_access: { shop: { roles: client } },
});
const UNMET = { status: 403, reason: "condition_unmet", message: "Access is not allowed" } as const;
const INVALID = 'Bearer realm="differs", error="invalid_token", error_description="The access token is invalid"';

/** Rows of one Kong Route: the request, the claims, and whether the request passes. */
const rows = (
  path: string,
  table: readonly (readonly [what: string, claims: Members, passes: boolean])[],
): readonly ConformanceCase[] =>
  table.map(([what, claims, passes]) => ({
    title: `${passes ? "passes" : "refuses"} ${what}, ${path}`,
    path,
    token: withClaims(claims),
    ...(passes ? { status: 200 } : UNMET),
  }));

/** Where claims are, and claims that must differ or be absent. */
export const CLAIM_CASES: readonly ConformanceCase[] = [
  ...rows("/loc-roles", [
    ["one role of the realm and one of the client", roles(["user"], ["buyer"]), true],
    ["both roles in the first claim, and no second claim", roles(["user", "buyer"], undefined), true],
    ["one role only", roles(["user"], ["auditor"]), false],
    ["both roles in the first claim, and a number as the second claim", roles(["user", "buyer"], 1), false],
  ]),
  ...rows("/loc-none", [
    ["no roles, at a rule that excludes a role", { realm_access: undefined }, true],
    ["the excluded role in the second claim", roles(["user"], ["suspended"]), false],
    ["an object as the second claim, at a rule that excludes a role", roles(["user"], { suspended: true }), false],
    ["a string on the way to the claim, at a rule that excludes a role", { realm_access: "suspended" }, false],
  ]),
  {
    title: "refuses a token whose roles are at another address, at a rule that excludes a role",
    path: "/loc-none",
    token: withClaims({
      realm_access: undefined,
      _claim_names: { realm_access: "src1" },
      _claim_sources: { src1: { endpoint: "https://x" } },
    }),
    ...UNMET,
  },
  passes("passes scopes that are in two claims", "/loc-scopes", {
    token: withClaims({ scope: "things:read", scp: ["things:write"] }),
  }),
  refuses("scope_insufficient", "refuses a token if none of the two claims contains the scope", "/loc-scopes", {
    token: withClaims({ scope: "things:read", scp: [] }),
    realm: "locations",
    scope: "things:read things:write",
  }),
  ...rows("/loc-groups", [
    ["a group in a string with commas", { groups: "admins, staff" }, true],
    ["an excluded group in a string with commas", { groups: "staff,guests" }, false],
    ["a list instead of a string with commas", { groups: ["staff"] }, false],
    ["a tab between groups", { groups: "staff,x\tguests" }, false],
  ]),
  refuses(
    "identity_claim_invalid",
    "refuses a token if one of the claims with groups for Kong is unreadable",
    "/loc-groups",
    {
      token: withClaims({ groups: "staff", ...roles(["user"], 7) }),
    },
  ),
  ...(
    [
      ["/entry-access", "access", "https://api.example", true],
      ["/entry-both", "access", "https://api.example", true],
      ["/entry-both", "id", undefined, true],
      ["/entry-access", "id", "https://api.example", false],
      ["/entry-both", "refresh", "https://api.example", false],
    ] as const
  ).map(
    ([path, use, client, passes]): ConformanceCase => ({
      title: `${passes ? "passes" : "refuses"} a token of the kind ${use} of an issuer with two entries, ${path}`,
      path,
      token: { header: { typ: "JWT" }, claims: { token_use: use, client_id: client } },
      ...(passes
        ? { status: 200, upstream: { "x-user-id": "user-1" } }
        : { status: 401, reason: "claim_invalid", challenge: INVALID.replace("differs", "entries") }),
    }),
  ),
  passes(
    "passes an integer as sub, as its decimal text, if the policy allows this for the issuer",
    "/numeric-subject",
    {
      token: withClaims({ sub: 42 }),
      upstream: { "x-user-id": "42" },
    },
  ),
  ...[42.5, -1, 2 ** 53, true, [42]].map((sub) =>
    refuses(
      "claim_invalid",
      `refuses ${JSON.stringify(sub)} as sub, where an integer is accepted`,
      "/numeric-subject",
      { token: withClaims({ sub }), realm: "numeric" },
    ),
  ),
  ...rows("/vars-role/1", [
    ["the role that a variable of the policy names", { roles: ["buyer"] }, true],
    ["a role with the text of the variable's use", { roles: [`\${vars.role}`] }, false],
  ]),
  passes("uses the first of several claims for a header, a Consumer and a credential", "/first-of", {
    headers: ["X-User", "admin", "X-Credential-Identifier", "admin"],
    token: withClaims({ azp: "billing-app", client_id: "other", email: "ann@example.com", upn: "ann" }),
    upstream: { "x-user": "ann@example.com", "x-consumer-username": "billing-app", "x-credential-identifier": "ann" },
  }),
  passes("uses the next claims if the first claims are absent or null", "/first-of", {
    token: withClaims({ azp: undefined, client_id: "billing-app", email: null }),
    upstream: { "x-user": "user-1", "x-consumer-username": "billing-app", "x-credential-identifier": "user-1" },
  }),
  ...(
    [
      ["a header", { azp: "billing-app", email: "" }, "claim_not_header_safe"],
      ["a Consumer", { azp: "", client_id: "billing-app" }, "consumer_unknown"],
      ["a Consumer that Kong has", { azp: "nobody", client_id: "billing-app" }, "consumer_unknown"],
      ["a credential", { azp: "billing-app", upn: 7 }, "identity_claim_invalid"],
    ] as const
  ).map(([what, claims, reason]) =>
    refuses(reason, `refuses a token whose first claim is not ${what}, although the next one is`, "/first-of", {
      token: withClaims(claims),
      message: "Access is not allowed",
    }),
  ),
  ...rows("/differs-status", [
    ["an absent claim, where that is allowed", {}, true],
    ["another value than the negated ones", { status: "active" }, true],
    ["a negated value", { status: "closed" }, false],
    ["a list with a negated value", { status: ["closed"] }, false],
    ["a value of another type than the negated ones", { status: 0 }, false],
  ]),
  ...rows("/differs-known", [
    ["another value than the negated one", { status: "active" }, true],
    ["an absent claim, for a condition with only a negated test", {}, false],
    ["a claim without a value, for a condition with only a negated test", { status: " " }, false],
  ]),
  ...rows("/differs-org", [
    ["the first element of a list", { orgs: [{ id: "acme" }] }, true],
    ["a second element that must be absent", { orgs: [{ id: "acme" }, { id: "evil" }] }, false],
    ["the right value in the second element", { orgs: [{ id: "evil" }, { id: "acme" }] }, false],
    ["an object with numbers in place of a list", { orgs: { "0": { id: "acme" }, "1": "x" } }, false],
  ]),
  refuses("claim_invalid", "refuses a claim that must be absent by the issuer's conditions", "/differs-status", {
    token: withClaims({ act: { sub: "service" } }),
    challenge: INVALID,
  }),
];
