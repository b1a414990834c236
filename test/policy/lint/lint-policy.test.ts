import { describe, expect, it } from "vitest";
import type { LintCode } from "../../../plugin/policy/language/finding.ts";
import { lintPolicy } from "../../../plugin/policy/lint/lint-policy.ts";
import { validateDocument } from "../../../plugin/policy/read/validate-document.ts";
import { unwrap } from "../../results.ts";

type Members = Record<string, unknown>;

const ISSUER = { issuer: "https://idp.example.com", audiences: ["https://api.example.com"] };
const withIssuer = (changes: Members): Members => ({ issuers: { acme: { ...ISSUER, ...changes } } });
const withRule = (rule: Members): Members => ({ routes: { read: rule } });
const withClaims = (claims: Members): Members => withRule({ required_claims: claims });
const withPath = (path: string): Members => withRule({ operations: [{ methods: ["GET"], path }] });

/** The findings' codes, each with what the message suggests. */
function lint(changes: Members): readonly string[] {
  const base = { jwt_policy: 1, name: "a", issuers: { acme: ISSUER }, routes: { read: { required_scopes: ["read"] } } };
  const findings = lintPolicy(unwrap(validateDocument(structuredClone({ ...base, ...changes }))));
  return findings.map(({ code, message }) => `${code}: ${message}`);
}

const withRoles = (roles: string): Members => withIssuer({ claims: { roles } });
const withPlan = (plan: Members): Members => withClaims({ plan });
const KEYS = { keys: { jwks_uri: "https://idp.example.com/x" } };
const METADATA = "https://idp.example.com/.well-known/openid-configuration";
const OTHER = { acme: ISSUER, other: { ...ISSUER, issuer: "https://other.example" } };
const HTTPS = /"https:\/\/idp\.example\.com"/;
const [ROLES, twice] = [/"\/realm_access\/roles"/, [{ required_scopes: ["a"] }, { required_scopes: ["a"] }]];

type Row = readonly [what: string, changes: Members, fix: RegExp];

const ROWS: Partial<Record<LintCode, readonly Row[]>> = {
  claim_pointer_dotted: [
    ["roles with dots", withRoles("realm_access.roles"), ROLES],
    ["three steps", withRoles("resource_access.shop.roles"), /"\/resource_access\/shop\/roles"/],
    ["a JSONPath", withIssuer({ claims: { groups: "$.realm_access.groups" } }), /"\/realm_access\/groups"/],
    ["no slash in front", { header_mappings: { "x-roles": "realm_access/roles" } }, ROLES],
    ["brackets", { header_mappings: { "x-roles": { from: "realm_access['roles']" } } }, ROLES],
    ["a condition", withClaims({ "realm_access.roles": { contains_any: ["a"] } }), ROLES],
  ],
  wildcard_literal: [
    ["an audience", withIssuer({ audiences: ["https://api.example.com/*"] }), /byte for byte/],
    ["a scope", withRule({ required_scopes: ["orders:*"] }), /byte for byte/],
    [
      "an origin",
      { token: { sources: [{ cookie: "__Host-t", allowed_origins: ["https://a.+example"] }] } },
      /byte for byte/,
    ],
    ["a role", withRule({ required_roles: { any_of: ["admin-*"] } }), /byte for byte/],
    ["a regular expression", withPlan({ equals: "^gold$" }), /use "matches"/],
    ...["one_of", "contains_any", "contains_all"].map((test): Row => [test, withPlan({ [test]: ["g*"] }), /"matches"/]),
    ...["acr_values", "amr"].map((key): Row => [key, withRule({ authentication: { [key]: ["g*"] } }), /byte for byte/]),
    ["a group", withRule({ required_groups: ["g*"] }), /byte for byte/],
  ],
  path_pattern_literal: [
    ["Express", withPath("/orders/:id/items"), /"\/orders\/\{id\}\/items"/],
    ["Flask", withPath("/orders/<id>"), /"\/orders\/\{id\}"/],
    ["a group", withPath("/files/(.*)"), /"\/files\/\{rest\.\.\.\}"/],
  ],
  variable_literal: [
    ["the shell", withIssuer({ audiences: ["$AUDIENCE_URL"] }), /Environment variables are not supported/],
    ["braces", withIssuer({ audiences: [`\${AUDIENCE}`] }), /write "\$\{vars\.name\}"/],
    ["a stand-in", withRule({ required_roles: ["<role>"] }), /stand-in/],
    ["a stand-in for a claim named text", withClaims({ text: { equals: "<a>" } }), /stand-in/],
    ["a stand-in in a URL", { answers: { problem_types: "https://docs.example.com/<name>/" } }, /stand-in/],
  ],
  variable_unused: [["a variable", { vars: { region: "eu" } }, /write "\$\{vars\.region\}"/]],
  value_has_space: [
    ["roles", withRule({ required_roles: ["a, b"] }), /one list element/],
    ["groups", withRule({ required_groups: ["a;b"] }), /one list element/],
    ["audiences", withIssuer({ audiences: ["a b"] }), /one list element/],
  ],
  issuer_not_iss: [
    ["metadata", withIssuer({ issuer: METADATA, ...KEYS }), HTTPS],
    [
      "keys",
      withIssuer({ issuer: "https://idp.example.com/oauth2/v1/keys", ...KEYS }),
      /not the value that tokens have/,
    ],
  ],
  issuer_http: [["http", withIssuer({ issuer: "http://idp.example.com", ...KEYS }), HTTPS]],
  key_address_mixed_up: [
    ["metadata as keys", withIssuer({ keys: { jwks_uri: METADATA } }), /"metadata_uri"/],
    [
      "keys as metadata",
      withIssuer({ keys: { metadata_uri: "https://idp.example.com/.well-known/jwks.json" } }),
      /"jwks_uri"/,
    ],
  ],
  issuer_unused: [
    ["an issuer that no rule accepts", { issuers: OTHER, defaults: { accept: ["acme"] } }, /"other" under "accept"/],
  ],
  audience_is_issuer: [
    ["with a slash", withIssuer({ audiences: ["https://idp.example.com/"] }), /identifier of this API/],
  ],
  token_type_unusual: [["a name that OAuth uses elsewhere", withIssuer({ token_type: "access_token" }), /"at\+jwt"/]],
  duration_never: [
    ["age 0", withIssuer({ max_token_age: "0s" }), /longer/],
    ["below the skew", withIssuer({ max_token_lifetime: "10s", clock_skew: "30s" }), /less than the clock skew/],
  ],
  condition_contradiction: [
    ["all_of and none_of", withRule({ required_roles: { all_of: ["x"], none_of: ["x"] } }), /"all_of"/],
    ["any_of and none_of", withRule({ required_scopes: { any_of: ["x"], none_of: ["x", "y"] } }), /"any_of"/],
    ["equals and one_of", withPlan({ equals: "a", one_of: ["b"] }), /"equals"/],
    ["one_of and max", withClaims({ level: { one_of: [5, 6], max: 4 } }), /other tests/],
    ["equals and matches", withPlan({ equals: "a", matches: "b+" }), /other tests/],
    ["lists and single values", withPlan({ contains_any: ["a"], matches: "a" }), /for lists/],
    ["an issuer's condition", withIssuer({ required_claims: { use: { equals: "a", one_of: ["b"] } } }), /"equals"/],
  ],
  pattern_never: [
    ["slashes around it", withPlan({ matches: "/gold/" }), /"gold"/],
    ["too long", withPlan({ matches: "a{300}" }), /256/],
  ],
  condition_on_registered_claim: [
    ["iss", withClaims({ iss: { equals: "nobody" } }), /"accept"/],
    ["aud", withClaims({ aud: { equals: "other" } }), /"audiences"/],
    ["exp", withClaims({ exp: { equals: 7 } }), /"max_token_age"/],
    ["scope", withClaims({ scope: { contains_any: ["read"] } }), /"required_scopes"/],
    ["typ", withClaims({ typ: { equals: "JWT" } }), /"token_type"/],
  ],
  alternative_always_met: [
    ["an empty alternative", withRule({ any_of: [{}, { required_scopes: ["a"] }] }), /every token/],
  ],
  alternative_repeated: [["two equal ones", withRule({ any_of: twice }), /equal/]],
};

describe.each(Object.entries(ROWS))("a policy that cannot work: %s", (code, rows) => {
  it.each(rows)("%s", (_what, changes, fix) => {
    const [finding, ...others] = lint(changes);
    expect(finding).toMatch(fix);
    expect([finding?.split(":")[0], others]).toEqual([code, []]);
  });
});

describe("there is no warning about", () => {
  const fitting = { plan: { one_of: ["a", "b"], matches: "[ab]" }, level: { min: 1, max: 3 } };
  const forPeople = {
    description: "For <team>",
    answers: { reasons: { token_missing: { text: "Log in to <app>" } } },
    protected_resource: { resource: "https://api.example.com/a", resource_name: "API <beta>" },
  };
  const kubernetes = { groups: "/kubernetes.io/namespace", roles: "kubernetes.io" };
  it.each<[what: string, changes: Members]>([
    ["a plain policy", {}],
    ["claims with colons", withRoles("cognito:groups")],
    ["claims that are URLs", withRoles("https://example.com/roles")],
    ["a claim that is named by a host", withIssuer({ claims: kubernetes })],
    ["an operation with a name and a subtree", withPath("/files/{id}/{rest...}")],
    ["an action behind a name", withPath("/orders/{id}:cancel")],
    ["http on loopback", withIssuer({ issuer: "http://localhost:8080" })],
    [
      "alternatives for different issuers",
      withRule({ any_of: [{ required_scopes: ["a"] }, { required_roles: ["b"] }] }),
    ],
    ["conditions that fit", withClaims({ ...fitting, iss: { equals: ISSUER.issuer } })],
    ["a base policy without rules", { routes: {} }],
    ["stand-ins in texts for people and in patterns", { ...forPeople, ...withClaims({ "<a>": { matches: "<a>" } }) }],
    ["types that RFCs register", withIssuer({ token_type: "logout+jwt" })],
  ])("%s", (_what, changes) => {
    expect(lint(changes)).toEqual([]);
  });
});

it("a variable without the word vars is recognised", () => {
  const found = lint({ vars: { aud: "x" }, ...withIssuer({ audiences: [`\${aud}`] }) });
  expect(found).toEqual([
    expect.stringMatching(/^variable_unused/),
    expect.stringMatching(/^variable_literal: .* Did you mean "\$\{vars\.aud\}"\?$/),
  ]);
});

it("a policy without rules may set variables for others", () => {
  expect(lint({ vars: { aud: "x" }, routes: {} })).toEqual([]);
});
