/** A policy with every part that tests, coverage and mutations know. */
export const RICH_POLICY = `jwt_policy: 1
name: rich
issuers:
  acme:
    issuer: https://idp.example
    audiences: [api, api-2]
    algorithms: [ES256]
    clock_skew: 10s
    max_token_age: 30m
    max_token_lifetime: 1h
    required_claims: { sub: {}, token_use: { equals: access } }
  many:
    issuer: "https://login.example/{tid}/v2"
    tenants: [one, two]
    audiences: [api]
    algorithms: [Ed25519]
    keys: { jwks_uri: https://login.example/keys }
    required_claims: [sub]
defaults:
  accept: [acme]
  required_scopes: [base]
routes:
  plain: {}
  names:
    required_scopes: { all_of: [a, b], none_of: [blocked] }
    required_roles: { any_of: [admin, editor] }
    required_groups: [staff, eu]
  claims:
    required_claims:
      tier: { min: 2, max: 5 }
      plan: { one_of: [gold, silver] }
      tags: { contains_all: [x, y] }
      tenant: { equals_header: x-tenant }
      status: { not: { equals: suspended }, absent: allowed }
  login:
    authentication: { acr_values: [mfa], amr: [otp, pwd], max_age: 15m }
  ways:
    any_of:
      - { required_scopes: [ways] }
      - { accept: [many], audiences: [ways-api] }
  items:
    operations:
      - { methods: [GET, PUT], path: "/items/{id}", required_claims: { owner: { equals_path: id } } }
      - { methods: [POST], path: /items, mode: report }
      - { methods: [GET], path: /health, access: public }
  anyone: { access: optional, accept: [acme, many] }
  both: { other_authentication: require, allow_http: true }
token:
  max_bytes: 4096
  sources: [authorization, { cookie: __Host-t, allowed_origins: [https://app.example] }]
  forward: false
identity: { issuers: [acme], consumer: { claim: azp, unknown: ignore }, groups: groups }
header_mappings: { x-user-id: sub, x-plan: { from: plan, fallback: none } }
answers: { reasons: { scope_insufficient: { status: 404 } } }
`;
