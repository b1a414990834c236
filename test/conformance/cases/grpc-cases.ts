import { type ConformanceCase, GOOD } from "./case.ts";

const INVALID = 'Bearer realm="api", error="invalid_token", error_description="The access token is invalid"';
const IDENTITY = { "x-user-id": "user-1", "x-tenant": "acme", "x-roles": "admin,auditor", "x-scope": "things:read" };
const NOBODY = { "x-user-id": null, "x-tenant": null, "x-roles": null, "x-scope": null };
const SPOOFED = ["x-user-id", "evil", "x_user_id", "evil", "x-user_id", "evil", "x_tenant", "evil", "x-roles", "evil"];
const SPOOFS_GONE = { x_user_id: null, "x-user_id": null, x_tenant: null };

/** Calls of gRPC: what passes, one refusal of each stage, and identity headers. */
const calls: readonly Omit<ConformanceCase, "only">[] = [
  {
    title: "passes a call to the method that its operation names",
    path: "/things.Things/Get",
    token: GOOD,
    status: 200,
    upstream: { ...IDENTITY, "content-type": "application/grpc", te: "trailers" },
  },
  {
    title: "passes the same over TLS",
    overTls: true,
    path: "/things.Things/Get",
    token: GOOD,
    status: 200,
    upstream: { ...IDENTITY, "x-forwarded-proto": "https" },
  },
  {
    title: "replaces identity headers that the client made up, in every spelling",
    path: "/things.Things/Get",
    headers: SPOOFED,
    token: GOOD,
    status: 200,
    upstream: { ...IDENTITY, ...SPOOFS_GONE },
  },
  {
    title: "removes made-up identity headers on a public rule",
    path: "/public.Things/Get",
    headers: SPOOFED,
    status: 200,
    upstream: { ...NOBODY, ...SPOOFS_GONE },
  },
  {
    title: "takes the token out of a call's query",
    path: "/any.Things/Get?a=b&access_token={token}",
    carried: GOOD,
    status: 200,
    upstream: { ":path": "/any.Things/Get?a=b", authorization: "Bearer {token}", "x-user-id": "user-1" },
  },
  {
    title: "lets nobody through as nobody on an optional rule",
    path: "/optional.Things/Get",
    headers: SPOOFED,
    status: 200,
    upstream: { ...NOBODY, ...SPOOFS_GONE },
  },
  {
    title: "asks each method's own scope",
    path: "/things.Things/Put",
    token: GOOD,
    status: 403,
    reason: "scope_insufficient",
    challenge:
      'Bearer realm="api", error="insufficient_scope", error_description="The access token lacks a required scope", scope="things:write"',
  },
  {
    title: "refuses a method that no operation names",
    path: "/things.Things/Delete",
    token: GOOD,
    status: 403,
    reason: "no_matching_rule",
  },
  {
    title: "refuses a path that can be read in two ways, for the upstream gets it as it came",
    path: "/things.Things/Put/../Get",
    token: GOOD,
    status: 400,
    reason: "path_ambiguous",
  },
  {
    title: "asks for a token where there is none",
    path: "/things.Things/Get",
    status: 401,
    reason: "token_missing",
    challenge: 'Bearer realm="api"',
  },
  {
    title: "refuses two tokens in one header",
    path: "/things.Things/Get",
    token: "Bearer a, Bearer b",
    status: 400,
    reason: "token_ambiguous",
    challenge: 'Bearer realm="api", error="invalid_request", error_description="More than one access token was sent"',
  },
  {
    title: "refuses text that is no token",
    path: "/things.Things/Get",
    token: "Bearer nonsense",
    status: 401,
    reason: "token_malformed",
    challenge: INVALID,
  },
  {
    title: "refuses an unknown issuer",
    path: "/things.Things/Get",
    token: { key: "rs256", claims: { iss: "https://evil.example" } },
    status: 401,
    reason: "issuer_untrusted",
    challenge: INVALID,
  },
  {
    title: "refuses a changed signature",
    path: "/things.Things/Get",
    token: { key: "rs256", damage: "signature" },
    status: 401,
    reason: "signature_invalid",
    challenge: INVALID,
  },
  {
    title: "refuses an expired token beyond the skew",
    path: "/things.Things/Get",
    token: { key: "rs256", expiresIn: -90 },
    status: 401,
    reason: "token_expired",
    challenge: 'Bearer realm="api", error="invalid_token", error_description="The access token expired"',
  },
  {
    title: "refuses a claim with a line break for a header",
    path: "/things.Things/Get",
    token: { key: "rs256", claims: { sub: "user\r\nx-admin: yes" } },
    status: 403,
    reason: "claim_not_header_safe",
  },
  {
    title: "refuses when the configured rule does not exist",
    path: "/ghost.Things/Get",
    token: GOOD,
    status: 503,
    reason: "policy_unavailable",
  },
  {
    title: "answers 503 when no key could ever be fetched",
    path: "/keys-down.Things/Get",
    token: GOOD,
    status: 503,
    reason: "keys_unavailable",
  },
  {
    title: "judges over TLS what a Kong Route asks to come over TLS",
    overTls: true,
    path: "/secure.Things/Get",
    token: GOOD,
    status: 200,
    upstream: IDENTITY,
  },
  {
    title: "leaves it to the gateway to refuse the same without TLS",
    path: "/secure.Things/Get",
    token: GOOD,
    status: 200,
    grpcStatus: 1,
  },
  {
    title: "leaves a service that no Route has to the gateway",
    path: "/nobody.Things/Get",
    token: GOOD,
    status: 404,
    grpcStatus: 5,
  },
];

export const GRPC_CASES: readonly ConformanceCase[] = calls.map((each) => ({ ...each, only: ["grpc"] }));
