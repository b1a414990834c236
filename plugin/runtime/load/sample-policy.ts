/**
 * A policy that each new compiling thread compiles before all other policies. The sample uses the features that most policies
 * use. So the JavaScript engine has loaded the compiler's code before a request waits for a policy. The sample has no mistake,
 * because a mistake would run the code for refused policies instead.
 */
export const SAMPLE_POLICY = `jwt_policy: 1
name: sample
description: Compiled by each new thread, and never in effect.
issuers:
  acme:
    issuer: https://idp.example.com/realms/acme # a comment
    audiences: [https://api.example.com/sample]
    algorithms: [RS256, ES256]
    clock_skew: 30s
    token_type: at+jwt
    required_claims: [sub]
defaults: { accept: [acme] }
routes:
  read: { required_scopes: [sample:read] }
  catalogue: { access: optional }
  health:
    access: public
  items:
    operations:
      - { methods: [GET], path: "/items/{id}", required_scopes: [items:read] }
      - methods: [POST, PUT]
        path: /items
        required_scopes: ["items:write"]
        required_claims: { sub: { matches: "[a-z]+" } }
header_mappings:
  x-user-id: sub
  x-user-roles: /realm_access/roles
  x-scope: scope
`;
