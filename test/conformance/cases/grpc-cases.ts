import { type ConformanceCase, GOOD, IDENTITY, NOBODY, passes, refuses, SPOOFED, SPOOFS_GONE } from "./case.ts";

/** Calls of gRPC. They are calls that pass, one refusal of each stage, and calls with identity headers. */
const calls: readonly Omit<ConformanceCase, "only">[] = [
  passes("passes a call to the method that its operation names", "/things.Things/Get", {
    token: GOOD,
    upstream: { ...IDENTITY, "content-type": "application/grpc", te: "trailers" },
  }),
  passes("passes the same over TLS", "/things.Things/Get", {
    overTls: true,
    token: GOOD,
    upstream: { ...IDENTITY, "x-forwarded-proto": "https" },
  }),
  passes("replaces the client's fake identity headers, in every spelling", "/things.Things/Get", {
    headers: SPOOFED,
    token: GOOD,
    upstream: { ...IDENTITY, ...SPOOFS_GONE },
  }),
  passes("removes fake identity headers on a public rule", "/public.Things/Get", {
    headers: SPOOFED,
    upstream: { ...NOBODY, ...SPOOFS_GONE },
  }),
  passes("removes the token from a call's query", "/any.Things/Get?a=b&access_token={token}", {
    carried: GOOD,
    upstream: { ":path": "/any.Things/Get?a=b", authorization: "Bearer {token}", "x-user-id": "user-1" },
  }),
  passes("lets an anonymous request pass on an optional rule", "/optional.Things/Get", {
    headers: SPOOFED,
    upstream: { ...NOBODY, ...SPOOFS_GONE },
  }),
  refuses("scope_insufficient", "asks each method's own scope", "/things.Things/Put", {
    token: GOOD,
    scope: "things:write",
  }),
  refuses("no_matching_rule", "refuses a method that no operation names", "/things.Things/Delete", { token: GOOD }),
  refuses(
    "path_ambiguous",
    "refuses a path that can be read in two ways, because the upstream gets the unchanged path",
    "/things.Things/Put/../Get",
    { token: GOOD },
  ),
  refuses("token_missing", "requires a token if the request has none", "/things.Things/Get"),
  refuses("token_ambiguous", "refuses two tokens in one header", "/things.Things/Get", { token: "Bearer a, Bearer b" }),
  refuses("token_malformed", "refuses a text that is not a token", "/things.Things/Get", { token: "Bearer nonsense" }),
  refuses("issuer_untrusted", "refuses an unknown issuer", "/things.Things/Get", {
    token: { claims: { iss: "https://evil.example" } },
  }),
  refuses("signature_invalid", "refuses a changed signature", "/things.Things/Get", { token: { damage: "signature" } }),
  refuses("token_expired", "refuses an expired token beyond the skew", "/things.Things/Get", {
    token: { expiresIn: -90 },
  }),
  refuses("claim_not_header_safe", "refuses a claim with a line break for a header", "/things.Things/Get", {
    token: { claims: { sub: "user\r\nx-admin: yes" } },
  }),
  refuses("policy_unavailable", "refuses when the configured rule does not exist", "/ghost.Things/Get", {
    token: GOOD,
  }),
  refuses("keys_unavailable", "answers 503 when no key could ever be fetched", "/keys-down.Things/Get", {
    token: GOOD,
  }),
  passes("judges a request over TLS on a Kong Route that requires TLS", "/secure.Things/Get", {
    overTls: true,
    token: GOOD,
    upstream: IDENTITY,
  }),
  {
    title: "lets the gateway refuse the same call without TLS",
    path: "/secure.Things/Get",
    token: GOOD,
    status: 200,
    grpcStatus: 1,
  },
  {
    title: "lets the gateway answer a call to a service without a Route",
    path: "/nobody.Things/Get",
    token: GOOD,
    status: 404,
    grpcStatus: 5,
  },
];

export const GRPC_CASES: readonly ConformanceCase[] = calls.map((each) => ({ ...each, only: ["grpc"] }));
