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
  const document = {
    jwt_policy: 1,
    name: "a",
    issuers: { acme: ISSUER },
    routes: { read: { required_scopes: ["read"] } },
    ...changes,
  };
  return lintPolicy(unwrap(validateDocument(structuredClone(document)))).map(
    ({ code, message }) => `${code}: ${message}`,
  );
}

const ROWS: readonly (readonly [code: LintCode, what: string, changes: Members, fix: RegExp])[] = [
  [
    "claim_pointer_dotted",
    "roles with dots",
    withIssuer({ claims: { roles: "realm_access.roles" } }),
    /"\/realm_access\/roles"/,
  ],
  [
    "claim_pointer_dotted",
    "three steps",
    withIssuer({ claims: { roles: "resource_access.shop.roles" } }),
    /"\/resource_access\/shop\/roles"/,
  ],
  [
    "claim_pointer_dotted",
    "a JSONPath",
    withIssuer({ claims: { groups: "$.realm_access.groups" } }),
    /"\/realm_access\/groups"/,
  ],
  [
    "claim_pointer_dotted",
    "no slash in front",
    { header_mappings: { "x-roles": "realm_access/roles" } },
    /"\/realm_access\/roles"/,
  ],
  [
    "claim_pointer_dotted",
    "brackets",
    { header_mappings: { "x-roles": { from: "realm_access['roles']" } } },
    /"\/realm_access\/roles"/,
  ],
  [
    "claim_pointer_dotted",
    "a condition",
    withClaims({ "realm_access.roles": { contains_any: ["a"] } }),
    /"\/realm_access\/roles"/,
  ],
  ["wildcard_literal", "an audience", withIssuer({ audiences: ["https://api.example.com/*"] }), /byte for byte/],
  ["wildcard_literal", "a scope", withRule({ required_scopes: ["orders:*"] }), /byte for byte/],
  ["wildcard_literal", "a role", withRule({ required_roles: { any_of: ["admin-*"] } }), /byte for byte/],
  ["wildcard_literal", "a regular expression", withClaims({ plan: { equals: "^gold$" } }), /use "matches"/],
  ["path_pattern_literal", "Express", withPath("/orders/:id/items"), /"\/orders\/\{id\}\/items"/],
  ["path_pattern_literal", "Flask", withPath("/orders/<int:id>"), /./],
  ["path_pattern_literal", "a group", withPath("/files/(.*)"), /"\/files\/\{rest\.\.\.\}"/],
  [
    "variable_literal",
    "the shell",
    withIssuer({ audiences: ["$AUDIENCE_URL"] }),
    /Environment variables are not supported/,
  ],
  ["variable_literal", "braces", withIssuer({ audiences: [`\${AUDIENCE}`] }), /write "\$\{vars\.name\}"/],
  ["variable_unused", "a variable", { vars: { region: "eu" } }, /write "\$\{vars\.region\}"/],
  ["variable_literal", "a stand-in", withRule({ required_roles: ["<role>"] }), /stand-in/],
  ["value_has_space", "scopes in one string", withRule({ required_roles: ["a, b"] }), /one list element/],
  [
    "issuer_not_iss",
    "metadata",
    withIssuer({
      issuer: "https://idp.example.com/.well-known/openid-configuration",
      keys: { jwks_uri: "https://idp.example.com/x" },
    }),
    /"https:\/\/idp\.example\.com"/,
  ],
  [
    "issuer_not_iss",
    "keys",
    withIssuer({ issuer: "https://idp.example.com/oauth2/v1/keys", keys: { jwks_uri: "https://idp.example.com/x" } }),
    /not the value that tokens have/,
  ],
  [
    "issuer_http",
    "http",
    withIssuer({ issuer: "http://idp.example.com", keys: { jwks_uri: "https://idp.example.com/x" } }),
    /"https:\/\/idp\.example\.com"/,
  ],
  [
    "key_address_mixed_up",
    "metadata as keys",
    withIssuer({ keys: { jwks_uri: "https://idp.example.com/.well-known/openid-configuration" } }),
    /"metadata_uri"/,
  ],
  [
    "key_address_mixed_up",
    "keys as metadata",
    withIssuer({ keys: { metadata_uri: "https://idp.example.com/.well-known/jwks.json" } }),
    /"jwks_uri"/,
  ],
  [
    "issuer_unused",
    "an issuer that no rule accepts",
    {
      issuers: { acme: ISSUER, other: { ...ISSUER, issuer: "https://other.example" } },
      defaults: { accept: ["acme"] },
    },
    /"other" under "accept"/,
  ],
  [
    "audience_is_issuer",
    "with a slash",
    withIssuer({ audiences: ["https://idp.example.com/"] }),
    /identifier of this API/,
  ],
  ["token_type_unusual", "a name that OAuth uses elsewhere", withIssuer({ token_type: "access_token" }), /"at\+jwt"/],
  ["duration_never", "age 0", withIssuer({ max_token_age: "0s" }), /longer/],
  [
    "duration_never",
    "lifetime below the skew",
    withIssuer({ max_token_lifetime: "10s", clock_skew: "30s" }),
    /less than the clock skew/,
  ],
  [
    "condition_contradiction",
    "all_of and none_of",
    withRule({ required_roles: { all_of: ["x"], none_of: ["x"] } }),
    /"all_of"/,
  ],
  [
    "condition_contradiction",
    "any_of and none_of",
    withRule({ required_scopes: { any_of: ["x"], none_of: ["x", "y"] } }),
    /"any_of"/,
  ],
  ["condition_contradiction", "equals and one_of", withClaims({ plan: { equals: "a", one_of: ["b"] } }), /"equals"/],
  ["condition_contradiction", "one_of and max", withClaims({ level: { one_of: [5, 6], max: 4 } }), /other tests/],
  [
    "condition_contradiction",
    "equals and matches",
    withClaims({ plan: { equals: "a", matches: "b+" } }),
    /other tests/,
  ],
  [
    "condition_contradiction",
    "lists and single values",
    withClaims({ plan: { contains_any: ["a"], matches: "a" } }),
    /for lists/,
  ],
  [
    "condition_contradiction",
    "an issuer's condition",
    withIssuer({ required_claims: { use: { equals: "a", one_of: ["b"] } } }),
    /"equals"/,
  ],
  ["pattern_never", "slashes around it", withClaims({ plan: { matches: "/gold/" } }), /"gold"/],
  ["pattern_never", "too long", withClaims({ plan: { matches: "a{300}" } }), /256/],
  ["condition_on_registered_claim", "iss", withClaims({ iss: { equals: "nobody" } }), /"accept"/],
  ["condition_on_registered_claim", "aud", withClaims({ aud: { equals: "other" } }), /"audiences"/],
  ["condition_on_registered_claim", "exp", withClaims({ exp: { equals: 7 } }), /"max_token_age"/],
  ["condition_on_registered_claim", "scope", withClaims({ scope: { contains_any: ["read"] } }), /"required_scopes"/],
  ["condition_on_registered_claim", "typ", withClaims({ typ: { equals: "JWT" } }), /"token_type"/],
  [
    "alternative_always_met",
    "an empty alternative",
    withRule({ any_of: [{}, { required_scopes: ["a"] }] }),
    /every token/,
  ],
  [
    "alternative_repeated",
    "two equal ones",
    withRule({ any_of: [{ required_scopes: ["a"] }, { required_scopes: ["a"] }] }),
    /equal/,
  ],
];

describe("a policy that cannot work", () => {
  it.each(ROWS)("%s: %s", (code, _what, changes, fix) => {
    const findings = lint(changes).filter((finding) => finding.startsWith(`${code}: `));
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatch(fix);
  });
});

describe("there is no warning about", () => {
  it.each<[what: string, changes: Members]>([
    ["a plain policy", {}],
    [
      "claims with colons, hosts and URLs",
      withIssuer({ claims: { roles: "cognito:groups", groups: "https://example.com/roles" } }),
    ],
    [
      "a claim that is named by a host",
      withIssuer({ claims: { groups: "/kubernetes.io/namespace", roles: "kubernetes.io" } }),
    ],
    ["an operation with a name and a subtree", withPath("/files/{id}/{rest...}")],
    ["an action behind a name", withPath("/orders/{id}:cancel")],
    ["http on loopback", withIssuer({ issuer: "http://localhost:8080" })],
    [
      "alternatives for different issuers",
      withRule({ any_of: [{ required_scopes: ["a"] }, { required_roles: ["b"] }] }),
    ],
    [
      "conditions that fit",
      withClaims({
        plan: { one_of: ["a", "b"], matches: "[ab]" },
        level: { min: 1, max: 3 },
        iss: { equals: ISSUER.issuer },
      }),
    ],
    ["a base policy without rules", { routes: {} }],
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
