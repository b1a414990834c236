import { type ConformanceCase, GOOD, passes, refuses } from "./case.ts";

const SPOOFED = ["X-User-Id", "evil", "x_user_id", "evil", "X-User_ID", "evil"];
const PREFLIGHT = ["Origin", "https://app.example", "Access-Control-Request-Method"];
const NOBODY = { "x-user-id": null, x_user_id: null, "x-user_id": null };

/** Report mode, preflights, and claims that are compared with headers: which requests pass, and with which identity. */
export const REPORT_CASES: readonly ConformanceCase[] = [
  passes("reports a request without a token, and lets it go on as anonymous", "/watched", {
    headers: SPOOFED,
    reported: "token_missing",
    upstream: NOBODY,
  }),
  passes("reports a changed signature, and lets the unchanged request go on as anonymous", "/watched", {
    headers: SPOOFED,
    token: { damage: "signature" },
    reported: "signature_invalid",
    upstream: NOBODY,
  }),
  passes("reports a missing scope, and still sets the identity of the token", "/watched", {
    headers: SPOOFED,
    token: { claims: { scope: "things:write" } },
    reported: "scope_insufficient",
    upstream: { ...NOBODY, "x-user-id": "user-1" },
  }),
  passes("reports nothing about a good request in report mode", "/watched", {
    headers: SPOOFED,
    token: GOOD,
    upstream: { ...NOBODY, "x-user-id": "user-1" },
  }),
  passes("reports a Kong Route that the policy does not name", "/unwatched", {
    headers: SPOOFED,
    token: GOOD,
    reported: "no_matching_rule",
    upstream: NOBODY,
  }),
  passes("reports a path that can be read in two ways", "/watched-paths/a%2fb", {
    token: GOOD,
    reported: "path_ambiguous",
    upstream: NOBODY,
  }),
  refuses("token_missing", "refuses on a rule that enforces, if the other rules report", "/enforced", {
    realm: "report",
  }),
  ...["/watched-some/./secret", "/watched-some//secret", "/watched-some/%73ecret%2f"].map((path) =>
    refuses(
      "path_ambiguous",
      `refuses ${path}, which may be an operation that enforces among others that report`,
      path,
    ),
  ),
  refuses(
    "path_ambiguous",
    "refuses a dot segment in report mode, because another rule of the policy enforces",
    "/watched/..%2fenforced",
    { token: GOOD },
  ),
  refuses(
    "connection_header_refused",
    "refuses a Connection header at an operation that enforces, although the rule reports",
    "/watched-some/secret",
    { only: ["http/1.1"], headers: ["Connection", "x-user-id"] },
  ),
  refuses(
    "insecure_transport",
    "refuses plain HTTP at an operation that enforces, although the rule reports",
    "/watched-some/secret",
    { fromNetwork: true },
  ),
  passes("reports at another operation of the same rule", "/watched-some/other", {
    reported: "token_missing",
    upstream: NOBODY,
  }),
  passes("reports a call over gRPC, and lets it go on as anonymous", "/watched.Things/Get", {
    only: ["grpc"],
    headers: ["X-User-Id", "evil"],
    reported: "token_missing",
    upstream: NOBODY,
  }),
  passes("passes a preflight for a method that an operation has", "/browser/7", {
    method: "OPTIONS",
    headers: [...PREFLIGHT, "PUT", "X-Role", "evil", "x_role", "evil"],
    upstream: { "x-role": null, x_role: null, "x-source": null, authorization: null },
  }),
  refuses("no_matching_rule", "refuses a preflight for a method that no operation has", "/browser/7", {
    method: "OPTIONS",
    headers: [...PREFLIGHT, "DELETE"],
  }),
  refuses("no_matching_rule", "refuses an OPTIONS request that is not a preflight", "/browser/7", {
    method: "OPTIONS",
    headers: ["Origin", "https://app.example"],
  }),
  refuses("token_missing", "asks for a token after the preflight", "/browser/7", {
    method: "PUT",
    headers: ["Origin", "https://app.example"],
    realm: "requirements",
  }),
  passes("passes a request for the client's own tenant, and forwards the compared header", "/tenant", {
    headers: ["X-Tenant", "acme"],
    token: GOOD,
    upstream: { "x-tenant": "acme", x_tenant: null },
  }),
  refuses("condition_unmet", "refuses a request for another tenant", "/tenant", {
    headers: ["X-Tenant", "other"],
    token: GOOD,
  }),
  refuses("condition_unmet", "refuses who names two tenants", "/tenant", {
    headers: ["X-Tenant", "acme", "X-Tenant", "other"],
    token: GOOD,
  }),
  refuses("condition_unmet", "refuses who names no tenant", "/tenant", { token: GOOD }),
];
