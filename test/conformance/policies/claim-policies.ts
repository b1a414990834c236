type Members = Readonly<Record<string, unknown>>;

/** Policies about the places and the values of claims, by file name. */
export function createClaimPolicies(main: Members): Readonly<Record<string, Members>> {
  const policy = (name: string, issuer: Members, rules: Members, more: Members = {}): Members => ({
    jwt_policy: 1,
    name,
    issuers: { main: { ...main, ...issuer } },
    routes: rules,
    ...more,
  });
  const keycloak = ["/realm_access/roles", "/resource_access/shop/roles"];
  return {
    locations: policy(
      "locations",
      {
        claims: {
          scopes: ["scope", "scp"],
          roles: keycloak,
          groups: { claim: "groups", separator: "," },
        },
      },
      {
        "loc-roles": { required_roles: ["user", "buyer"] },
        "loc-none": { required_roles: { none_of: ["suspended"] } },
        "loc-scopes": { required_scopes: ["things:read", "things:write"] },
        "loc-groups": { required_groups: { all_of: ["staff"], none_of: ["guests"] } },
      },
      { identity: { groups: keycloak } },
    ),
    entries: {
      jwt_policy: 1,
      name: "entries",
      issuers: {
        access: {
          ...main,
          token_type: ["at+jwt", "JWT"],
          claims: { audience: "client_id" },
          required_claims: { token_use: { equals: "access" } },
        },
        id: { ...main, token_type: "JWT", required_claims: { token_use: { equals: "id" } } },
      },
      defaults: { accept: ["access"] },
      routes: { "entry-access": {}, "entry-both": { accept: ["access", "id"] } },
      header_mappings: { "x-user-id": "sub" },
    },
    numeric: policy(
      "numeric",
      { numeric_subject: true },
      { "numeric-subject": {} },
      { header_mappings: { "x-user-id": "sub" } },
    ),
    vars: {
      jwt_policy: 1,
      name: "vars",
      vars: { audience: String([main.audiences].flat()[0]), role: "buyer", area: "vars" },
      issuers: { main: { ...main, audiences: [`\${vars.audience}`] } },
      routes: {
        "vars-role": {
          operations: [{ methods: ["GET"], path: `/\${vars.area}-role/{id}`, required_roles: [`\${vars.role}`] }],
        },
      },
    },
    first: policy(
      "first",
      {},
      { "first-of": {} },
      {
        header_mappings: { "x-user": { from: ["email", "upn", "sub"] } },
        identity: { consumer: { claim: ["azp", "client_id"] }, credential: ["upn", "sub"] },
      },
    ),
    differs: policy(
      "differs",
      { required_claims: { sub: {}, act: { absent: true } } },
      {
        "differs-status": {
          required_claims: { status: { not: { one_of: ["suspended", "closed"] }, absent: "allowed" } },
        },
        "differs-known": { required_claims: { status: { not: { equals: "suspended" } } } },
        "differs-org": { required_claims: { "/orgs/0/id": { equals: "acme" }, "/orgs/1": { absent: true } } },
      },
    ),
  };
}

/** Kong Routes, each bound to the rule with the same name. Also the policies that contain these rules. */
export const CLAIM_ROUTES = [
  ...["loc-roles", "loc-none", "loc-scopes", "loc-groups"].map((name) => [name, "locations"] as const),
  ["first-of", "first"] as const,
  ["vars-role", "vars"] as const,
  ["numeric-subject", "numeric"] as const,
  ...["entry-access", "entry-both"].map((name) => [name, "entries"] as const),
  ...["differs-status", "differs-known", "differs-org"].map((name) => [name, "differs"] as const),
];
