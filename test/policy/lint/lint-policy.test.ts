import { describe, expect, it } from "vitest";
import type { Finding, LintCode } from "../../../plugin/policy/language/finding.ts";
import { lintPolicy } from "../../../plugin/policy/lint/lint-policy.ts";
import { validateDocument } from "../../../plugin/policy/read/validate-document.ts";
import { unwrap } from "../../results.ts";

type Members = Record<string, unknown>;

const ISSUER = { issuer: "https://idp.example.com", audiences: ["https://api.example.com"] };
const withIssuer = (changes: Members): Members => ({ issuers: { acme: { ...ISSUER, ...changes } } });
const withRule = (rule: Members): Members => ({ routes: { read: rule } });
const withClaims = (claims: Members): Members => withRule({ required_claims: claims });
const withPath = (path: string): Members => withRule({ operations: [{ methods: ["GET"], path }] });

/**
 * The findings, with the places of the findings. A place is the steps of the path, and whether the finding is about the
 * key.
 */
function lint(changes: Members): readonly Finding[] {
  const base = { jwt_policy: 1, name: "a", issuers: { acme: ISSUER }, routes: { read: { required_scopes: ["read"] } } };
  return lintPolicy(unwrap(validateDocument(structuredClone({ ...base, ...changes }))));
}

const withRoles = (roles: string): Members => withIssuer({ claims: { roles } });
const withPlan = (plan: Members): Members => withClaims({ plan });
const withJwks = (jwks_uri: string): Members => withIssuer({ keys: { jwks_uri } });
const KEYS = { keys: { jwks_uri: "https://idp.example.com/x" } };
const HOST = "https://idp.example.com";
const METADATA = `${HOST}/.well-known/openid-configuration`;
const OTHER = { acme: ISSUER, other: { ...ISSUER, issuer: "https://other.example" } };
const HTTPS = /"https:\/\/idp\.example\.com"/;
const [ROLES, twice] = [/"\/realm_access\/roles"/, [{ required_scopes: ["a"] }, { required_scopes: ["a"] }]];
const [ACME, PLAN] = ["issuers acme", "routes read required_claims plan"];
const ONE_PATH = "routes read operations 0 path";
const FIRST = "routes read any_of 0";
const LITERAL = /byte for byte, .* matches only itself\. Name each value\.$/;

/** `at` has the steps of the finding's path. A finding about a key ends with "(key)". */
type Row = readonly [what: string, changes: Members, at: string, fix: RegExp];

const ROWS: Partial<Record<LintCode, readonly Row[]>> = {
  claim_pointer_dotted: [
    ["roles with dots", withRoles("realm_access.roles"), `${ACME} claims roles`, ROLES],
    [
      "three steps",
      withRoles("resource_access.shop.roles"),
      `${ACME} claims roles`,
      /"\/resource_access\/shop\/roles"/,
    ],
    ["a list of claims", withIssuer({ claims: { roles: ["roles", "a.b"] } }), `${ACME} claims roles 1`, /"\/a\/b"/],
    [
      "a JSONPath",
      withIssuer({ claims: { groups: "$.realm_access.groups" } }),
      `${ACME} claims groups`,
      /"\/realm_access\/groups"/,
    ],
    ["no slash in front", { header_mappings: { "x-roles": "realm_access/roles" } }, "header_mappings x-roles", ROLES],
    [
      "brackets",
      { header_mappings: { "x-roles": { from: "realm_access['roles']" } } },
      "header_mappings x-roles from",
      ROLES,
    ],
    ["arrows of SQL", withRoles("realm_access->roles"), `${ACME} claims roles`, ROLES],
    ["brackets without quotes", withRoles("$.realm_access[roles]"), `${ACME} claims roles`, ROLES],
    [
      "a condition",
      withClaims({ "realm_access.roles": { contains_any: ["a"] } }),
      "routes read required_claims realm_access.roles (key)",
      ROLES,
    ],
    ["an issuer's list of claims", withIssuer({ required_claims: ["a.b"] }), `${ACME} required_claims 0`, /"\/a\/b"/],
    ["the claim of a Consumer", { identity: { consumer: { claim: "a.b" } } }, "identity consumer claim", /"\/a\/b"/],
    [
      "the second claim of a Consumer",
      { identity: { consumer: { claim: ["sub", "a.b"] } } },
      "identity consumer claim 1",
      /"\/a\/b"/,
    ],
    ["a credential", { identity: { credential: "a.b" } }, "identity credential", /"\/a\/b"/],
    ["groups for Kong", { identity: { groups: "a.b" } }, "identity groups", /"\/a\/b"/],
  ],
  wildcard_literal: [
    ["an audience", withIssuer({ audiences: ["https://api.example.com/*"] }), `${ACME} audiences 0`, LITERAL],
    ["the iss of an issuer", withIssuer({ issuer: "https://*.example.com", ...KEYS }), `${ACME} issuer`, LITERAL],
    ["a scope", withRule({ required_scopes: ["orders:*"] }), "routes read required_scopes 0", LITERAL],
    [
      "an origin",
      { token: { sources: [{ cookie: "__Host-t", allowed_origins: ["https://a.+example"] }] } },
      "token sources 0 allowed_origins 0",
      LITERAL,
    ],
    ["a role", withRule({ required_roles: { any_of: ["admin-*"] } }), "routes read required_roles any_of 0", LITERAL],
    ["a regular expression", withPlan({ equals: "^gold$" }), `${PLAN} equals`, /Name each value, or use "matches"\.$/],
    ["only its start", withPlan({ equals: "^gold" }), `${PLAN} equals`, /"matches"/],
    ["only its end", withPlan({ equals: "gold$" }), `${PLAN} equals`, /"matches"/],
    ["a class of characters", withPlan({ equals: "gold\\d" }), `${PLAN} equals`, /"matches"/],
    ...["one_of", "contains_any", "contains_all"].map(
      (test): Row => [test, withPlan({ [test]: ["g*"] }), `${PLAN} ${test} 0`, /"matches"/],
    ),
    ...["acr_values", "amr"].map(
      (key): Row => [
        key,
        withRule({ authentication: { [key]: ["g*"] } }),
        `routes read authentication ${key} 0`,
        LITERAL,
      ],
    ),
    [
      "a claim with the name of a key",
      withClaims({ keys: { equals: "g*" } }),
      "routes read required_claims keys equals",
      /"matches"/,
    ],
    ["a group", withRule({ required_groups: ["g*"] }), "routes read required_groups 0", LITERAL],
  ],
  path_pattern_literal: [
    ["Express", withPath("/orders/:id/items"), ONE_PATH, /"\/orders\/\{id\}\/items"/],
    ["Flask", withPath("/orders/<id>"), ONE_PATH, /"\/orders\/\{id\}"/],
    ["Flask with a type", withPath("/orders/<int:id>"), ONE_PATH, /"\/orders\/\{id\}"/],
    ["Next.js", withPath("/orders/[id]"), ONE_PATH, /"\/orders\/\{id\}"/],
    ["a group", withPath("/files/(.*)"), ONE_PATH, /"\/files\/\{rest\.\.\.\}"/],
    ["a regular expression without a known meaning", withPath("/files/a|b"), ONE_PATH, /is a subtree\.$/],
    ["a name that leaves a pattern", withPath("/:id/a|b"), ONE_PATH, /is a subtree\.$/],
  ],
  variable_literal: [
    [
      "the shell",
      withIssuer({ audiences: ["$AUDIENCE_URL"] }),
      `${ACME} audiences 0`,
      /Environment variables are not supported/,
    ],
    [
      "braces",
      withIssuer({ audiences: [`\${AUDIENCE}`] }),
      `${ACME} audiences 0`,
      /write "\$\{vars\.name\}"; .* another value\.$/,
    ],
    ["Windows", withIssuer({ audiences: ["%AUDIENCE%"] }), `${ACME} audiences 0`, /looks like a variable/],
    ["a template", withIssuer({ audiences: ["{{audience}}"] }), `${ACME} audiences 0`, /looks like a variable/],
    ["a text to replace", withIssuer({ audiences: ["your-api"] }), `${ACME} audiences 0`, /stand-in/],
    ["a stand-in", withRule({ required_roles: ["<role>"] }), "routes read required_roles 0", /stand-in/],
    [
      "a stand-in for a claim named text",
      withClaims({ text: { equals: "<a>" } }),
      "routes read required_claims text equals",
      /stand-in/,
    ],
    [
      "a stand-in in a URL",
      { answers: { problem_types: "https://docs.example.com/<name>/" } },
      "answers problem_types",
      /stand-in/,
    ],
  ],
  variable_unused: [["a variable", { vars: { region: "eu" } }, "vars region (key)", /write "\$\{vars\.region\}"/]],
  value_has_space: [
    ["roles", withRule({ required_roles: ["a, b"] }), "routes read required_roles 0", /one list element/],
    ["groups", withRule({ required_groups: ["a;b"] }), "routes read required_groups 0", /one list element/],
    ["audiences", withIssuer({ audiences: ["a b"] }), `${ACME} audiences 0`, /one list element/],
    [
      "the iss of an issuer",
      withIssuer({ issuer: "https://idp.example.com/a b", ...KEYS }),
      `${ACME} issuer`,
      /no white space/,
    ],
  ],
  issuer_not_iss: [
    ["metadata", withIssuer({ issuer: METADATA, ...KEYS }), `${ACME} issuer`, HTTPS],
    [
      "metadata of OAuth, below a path",
      withIssuer({ issuer: `${HOST}/.well-known/oauth-authorization-server/a`, ...KEYS }),
      `${ACME} issuer`,
      HTTPS,
    ],
    [
      "keys",
      withIssuer({ issuer: `${HOST}/oauth2/v1/keys`, ...KEYS }),
      `${ACME} issuer`,
      /not the value that tokens have in "iss"\.$/,
    ],
  ],
  issuer_http: [["http", withIssuer({ issuer: "http://idp.example.com", ...KEYS }), `${ACME} issuer`, HTTPS]],
  key_address_mixed_up: [
    ["metadata as keys", withJwks(METADATA), `${ACME} keys jwks_uri`, /"metadata_uri"/],
    ["metadata with a query as keys", withJwks(`${METADATA}?v=1`), `${ACME} keys jwks_uri`, /"metadata_uri"/],
    ...["/.well-known/jwks.json", "/jwks/", "/a/certs?v=1", "/oauth2/v2/keys"].map(
      (path): Row => [
        `keys as metadata: ${path}`,
        withIssuer({ keys: { metadata_uri: HOST + path } }),
        `${ACME} keys metadata_uri`,
        /"jwks_uri"/,
      ],
    ),
  ],
  issuer_unused: [
    [
      "an issuer that no rule accepts",
      { issuers: OTHER, defaults: { accept: ["acme"] } },
      "issuers other (key)",
      /Add "other" to the list "accept"/,
    ],
    [
      "an issuer that only a public rule accepts",
      { issuers: OTHER, routes: { read: { accept: ["acme"] }, open: { access: "public" } } },
      "issuers other (key)",
      /"accept"/,
    ],
    [
      "an issuer if all rules are public, whatever the defaults require",
      {
        defaults: { required_scopes: { all_of: ["x"], none_of: ["x"] } },
        routes: { read: { access: "public" } },
      },
      "issuers acme (key)",
      /No rule accepts this issuer/,
    ],
  ],
  audience_is_issuer: [
    [
      "with a slash",
      withIssuer({ audiences: ["api", "https://idp.example.com/"] }),
      `${ACME} audiences 1`,
      /identifier of this API/,
    ],
    [
      "an issuer with a slash",
      withIssuer({ issuer: `${HOST}/`, audiences: [HOST] }),
      `${ACME} audiences 0`,
      /identifier of this API/,
    ],
  ],
  token_type_unusual: [
    ["a name that OAuth uses elsewhere", withIssuer({ token_type: "access_token" }), `${ACME} token_type`, /"at\+jwt"/],
    ["a name that only begins like a type", withIssuer({ token_type: "jwt2" }), `${ACME} token_type`, /"jwt2"/],
    ["one of several names", withIssuer({ token_type: ["JWT", "x-jwt"] }), `${ACME} token_type`, /"x-jwt"/],
  ],
  duration_never: [
    ["age 0", withIssuer({ max_token_age: "0s" }), `${ACME} max_token_age`, /longer/],
    ["lifetime 0", withIssuer({ max_token_lifetime: "0s" }), `${ACME} max_token_lifetime`, /leave the key out/],
    [
      "a login 0 ago",
      withRule({ authentication: { max_age: "0m" } }),
      "routes read authentication max_age",
      /recent enough only within the clock skew/,
    ],
    [
      "below the skew",
      withIssuer({ max_token_lifetime: "10s", clock_skew: "30s" }),
      `${ACME} max_token_lifetime`,
      /less than the clock skew/,
    ],
  ],
  condition_contradiction: [
    [
      "all_of and none_of",
      withRule({ required_roles: { all_of: ["x"], none_of: ["x"] } }),
      "routes read required_roles none_of",
      /"x" is also in "all_of"/,
    ],
    [
      "any_of and none_of",
      withRule({ required_scopes: { any_of: ["x"], none_of: ["x", "y"] } }),
      "routes read required_scopes none_of",
      /"any_of"/,
    ],
    [
      "groups of the defaults",
      { defaults: { required_groups: { all_of: ["y", "x"], none_of: ["x"] } } },
      "defaults required_groups none_of",
      /"x"/,
    ],
    ["equals and one_of", withPlan({ equals: "a", one_of: ["b"] }), `${PLAN} one_of`, /"equals"/],
    [
      "one_of and max",
      withClaims({ level: { one_of: [5, 6], max: 4 } }),
      "routes read required_claims level one_of",
      /other tests/,
    ],
    ["equals and matches", withPlan({ equals: "a", matches: "b+" }), `${PLAN} equals`, /other tests/],
    ["lists and single values", withPlan({ contains_any: ["a"], matches: "a" }), `${PLAN} contains_any`, /for lists/],
    [
      "an issuer's condition",
      withIssuer({ required_claims: { use: { equals: "a", one_of: ["b"] } } }),
      `${ACME} required_claims use one_of`,
      /"equals"/,
    ],
  ],
  pattern_never: [
    ["slashes around it", withPlan({ matches: "/gold/" }), `${PLAN} matches`, /"gold"/],
    ["too long", withPlan({ matches: "a{300}" }), `${PLAN} matches`, /256/],
  ],
  condition_on_registered_claim: [
    ["iss", withClaims({ iss: { equals: "nobody" } }), "routes read required_claims iss (key)", /"accept"/],
    ["aud", withClaims({ aud: { equals: "other" } }), "routes read required_claims aud (key)", /"audiences"/],
    ["exp", withClaims({ exp: { equals: 7 } }), "routes read required_claims exp (key)", /"max_token_age"/],
    [
      "scope",
      withClaims({ scope: { contains_any: ["read"] } }),
      "routes read required_claims scope (key)",
      /"required_scopes"/,
    ],
    ["typ", withClaims({ typ: { equals: "JWT" } }), "routes read required_claims typ (key)", /"token_type"/],
  ],
  alternative_always_met: [
    [
      "an empty alternative beside one that names issuers",
      withRule({ any_of: [{ accept: ["acme"], required_scopes: ["a"] }, {}] }),
      "routes read any_of 1",
      /every token/,
    ],
    ["an empty alternative", withRule({ any_of: [{}, { required_scopes: ["a"] }] }), FIRST, /every token/],
    [
      "an alternative that only names the audiences of another alternative",
      withRule({ any_of: [{ audiences: ["a"] }, { audiences: ["a"], required_scopes: ["a"] }] }),
      FIRST,
      /every token/,
    ],
    [
      "an alternative of a rule, once for two operations",
      withRule({
        any_of: [{ required_scopes: ["a"] }, {}],
        operations: ["/a", "/b"].map((path) => ({ path, methods: ["GET"] })),
      }),
      "routes read any_of 1",
      /every token/,
    ],
  ],
  alternative_repeated: [["two equal ones", withRule({ any_of: twice }), "routes read any_of 1", /equal/]],
};

describe.each(Object.entries(ROWS))("a policy that cannot work: %s", (code, rows) => {
  it.each(rows)("%s", (_what, changes, at, fix) => {
    const path = at
      .replace(" (key)", "")
      .split(" ")
      .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const message = expect.stringMatching(fix);
    const atKey = at.endsWith("(key)") ? { atKey: true } : {};
    expect(lint(changes)).toEqual([{ code, severity: "warning", path, message, ...atKey }]);
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
    ["a claim whose name is a host", withIssuer({ claims: kubernetes })],
    ["an operation with a name and a subtree", withPath("/files/{id}/{rest...}")],
    ["an action behind a name", withPath("/orders/{id}:cancel")],
    ...["localhost:8080", "127.0.0.1", "[::1]/a"].map((host): [string, Members] => [
      `http on loopback: ${host}`,
      withIssuer({ issuer: `http://${host}` }),
    ]),
    ["different alternatives", withRule({ any_of: [{ required_scopes: ["a"] }, { required_roles: ["b"] }] })],
    [
      "alternatives that only name other issuers",
      {
        issuers: OTHER,
        ...withRule({ any_of: [{ accept: ["acme"] }, { accept: ["other"], required_scopes: ["a"] }] }),
      },
    ],
    ["names that only some lists exclude", withRule({ required_roles: { any_of: ["x", "y"], none_of: ["x"] } })],
    ["names that all lists want", withRule({ required_roles: { all_of: ["x"], none_of: ["y"] } })],
    ["a lifetime of exactly the clock skew", withIssuer({ max_token_lifetime: "30s", clock_skew: "30s" })],
    ["a login a second ago", withRule({ authentication: { max_age: "1s" } })],
    [
      "a claim that has a colon and a dot, a slash or brackets",
      withIssuer({ claims: { roles: ["u:a.b", "u:a/b", "u:a[b]", "a/b:c"] } }),
    ],
    [
      "a claim and a rule with names of keys",
      { routes: { audiences: { required_claims: { amr: { matches: "a.*" } } } } },
    ],
    ["the pointer of a header with the name of a key", { header_mappings: { path: "/a|b" } }],
    ["a scope of a rule with the name operations", { routes: { operations: { required_scopes: ["a|b"] } } }],
    ["an audience that only begins like a stand-in", withIssuer({ audiences: ["todo-list", "my-todo"] })],
    [
      "unused members of a key",
      withIssuer({
        keys: { jwks: { keys: [{ kty: "OKP", crv: "Ed25519", x: "A".repeat(43), issuer: "a*", note: null }] } },
      }),
    ],
    ["a constant with dots", { header_mappings: { "x-version": { constant: "a.b" } } }],
    ["an issuer's id with dots", { issuers: { "a.b": ISSUER }, identity: { issuers: ["a.b"], credential: "sub" } }],
    ["a Consumer's property", { identity: { consumer: { claim: "sub", by: "username" } } }],
    ["keys and members of a key", withIssuer({ keys: { metadata_uri: METADATA } })],
    ["a path that only ends in a word for keys", withIssuer({ keys: { metadata_uri: `${HOST}/mykeys` } })],
    ["a condition with a star in its name", withClaims({ "a*": {} })],
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
  expect(found).toMatchObject([
    { code: "variable_unused" },
    { code: "variable_literal", message: expect.stringMatching(/ Did you mean "\$\{vars\.aud\}"\?$/) },
  ]);
});

it("a policy without rules may set variables for others", () => {
  expect(lint({ vars: { aud: "x" }, routes: {} })).toEqual([]);
});
