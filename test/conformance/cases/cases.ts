import { CALLER_CASES } from "./caller-cases.ts";
import { type ConformanceCase, GOOD, IDENTITY, NOBODY, passes, refuses, SPOOFED, SPOOFS_GONE } from "./case.ts";
import { CLAIM_CASES } from "./claim-cases.ts";
import { GRPC_CASES } from "./grpc-cases.ts";
import { ISSUER_CASES } from "./issuer-cases.ts";
import { KEY_CASES } from "./key-cases.ts";
import { PATH_CASES } from "./path-cases.ts";
import { PLAIN_HTTP_CASES } from "./plain-http-cases.ts";
import { REPORT_CASES } from "./report-cases.ts";
import { SOURCE_CASES } from "./source-cases.ts";
import { TRANSPORT_CASES } from "./transport-cases.ts";

const algorithms: readonly ConformanceCase[] = (["rs256", "ps256", "es256", "eddsa", "ed25519"] as const).map((key) =>
  passes(`passes a token signed with ${key}`, "/read", { token: { key }, upstream: IDENTITY }),
);

/** Each key has one algorithm (RFC 8725bis section 3.1), but Ed25519 has two names (RFC 9864 section 2.2). */
const boundAlgorithms: readonly ConformanceCase[] = [
  ...(["eddsa", "ed25519"] as const).map((key) =>
    passes(`passes a token under the other name of the algorithm of ${key}`, "/read", {
      token: { key, header: { alg: key === "eddsa" ? "Ed25519" : "EdDSA" } },
      upstream: IDENTITY,
    }),
  ),
  passes("passes an RS256 token, signed with a key without alg", "/read", {
    token: { header: { kid: "main-without-alg" } },
    upstream: IDENTITY,
  }),
  refuses(
    "key_not_found",
    "refuses a PS256 token that is signed with a key without alg, because this key is only for RS256",
    "/read",
    {
      token: { header: { alg: "PS256", kid: "main-without-alg" } },
    },
  ),
];

const identity: readonly ConformanceCase[] = [
  passes("replaces the client's fake identity headers, in every spelling", "/read", {
    headers: SPOOFED,
    token: GOOD,
    upstream: { ...IDENTITY, ...SPOOFS_GONE },
  }),
  passes("removes an identity header whose claim is absent", "/read", {
    headers: ["x-tenant", "evil"],
    token: { claims: { tenant: undefined } },
    upstream: { "x-tenant": null },
  }),
  passes("removes fake identity headers on a public rule", "/public", {
    headers: SPOOFED,
    upstream: { ...NOBODY, ...SPOOFS_GONE },
  }),
  passes("reads no token on a public rule", "/public", { token: "Bearer nonsense", upstream: NOBODY }),
  passes("lets an anonymous request pass on an optional rule", "/optional", {
    headers: SPOOFED,
    upstream: { ...NOBODY, ...SPOOFS_GONE },
  }),
  passes("accepts a good token on an optional rule", "/optional", { token: GOOD, upstream: IDENTITY }),
  refuses("signature_invalid", "refuses a bad token on an optional rule", "/optional", {
    token: { damage: "signature" },
  }),
  refuses("token_missing", "refuses other credentials on an optional rule", "/optional", {
    token: "Basic dXNlcjpwYXNz",
  }),
  refuses("claim_not_header_safe", "refuses a claim with a line break for a header", "/read", {
    token: { claims: { sub: "user\r\nx-admin: yes" } },
  }),
  refuses("claim_not_header_safe", "refuses a claim beyond ASCII for a header", "/read", {
    token: { claims: { tenant: "Zürich" } },
  }),
];

const extraction: readonly ConformanceCase[] = [
  refuses("token_missing", "requires a token if the request has none", "/read", {
    message: "Authentication is required",
  }),
  refuses("token_missing", "takes an empty Authorization for none", "/read", { token: "" }),
  refuses("token_missing", "takes another scheme for no token", "/read", { token: "Basic dXNlcjpwYXNz" }),
  refuses("token_missing", "takes Bearer without a token for none", "/read", { token: "Bearer" }),
  refuses("authorization_malformed", "refuses two words after Bearer", "/read", { token: "Bearer a b" }),
  refuses("token_ambiguous", "refuses two tokens in one header", "/read", { token: "Bearer a, Bearer b" }),
  {
    title: "lets the gateway answer a second Authorization header with 400",
    only: ["http/1.1"], // run-conformance.ts sends this request as bytes over HTTP/2, because correct clients do not send it.
    path: "/read",
    headers: ["Authorization", "Bearer a", "Authorization", "Bearer b"],
    status: 400,
  },
  refuses("token_too_large", "refuses a token over max_bytes unread", "/read", { token: `Bearer ${"a".repeat(4097)}` }),
  refuses("token_malformed", "reads a token of exactly max_bytes", "/read", { token: `Bearer ${"a".repeat(4096)}` }),
];

const forgery: readonly ConformanceCase[] = [
  refuses("token_malformed", "refuses a text that is not a token", "/read", {
    token: "Bearer nonsense",
    message: "The access token is invalid",
  }),
  refuses("signature_invalid", "refuses a changed signature", "/read", { token: { damage: "signature" } }),
  refuses("signature_invalid", "refuses a changed payload", "/read", { token: { damage: "payload" } }),
  refuses("token_malformed", "refuses a token without its signature", "/read", { token: { damage: "no_signature" } }),
  refuses("token_malformed", "refuses padding behind a segment", "/read", { token: { damage: "padding" } }),
  refuses("token_encrypted", "refuses five segments as encrypted", "/read", { token: { damage: "encrypted_shape" } }),
  refuses("algorithm_not_allowed", "refuses alg none", "/read", { token: { header: { alg: "none" } } }),
  refuses("algorithm_not_allowed", "refuses alg HS256", "/read", { token: { header: { alg: "HS256" } } }),
  refuses("critical_header_unsupported", "refuses critical extensions", "/read", {
    token: { header: { crit: ["exp"] } },
  }),
  refuses("key_not_found", "refuses an unknown kid", "/read", { token: { header: { kid: "other" } } }),
  refuses("signature_invalid", "refuses a stranger's key under a known kid", "/read", { token: { key: "stranger" } }),
  refuses("issuer_untrusted", "refuses an unknown issuer", "/read", {
    token: { claims: { iss: "https://evil.example" } },
  }),
  refuses("issuer_untrusted", "refuses the issuer with a slash more", "/read", {
    token: { claims: { iss: "https://idp.example/" } },
  }),
  refuses("issuer_untrusted", "refuses an issuer that the rule does not accept", "/read", {
    token: { key: "partner" },
  }),
  refuses("algorithm_not_allowed", "refuses a token of one issuer that another issuer's key signed", "/partner", {
    token: { claims: { iss: "https://partner.example" } },
  }),
];

const claims: readonly ConformanceCase[] = [
  refuses("token_expired", "refuses an expired token beyond the skew", "/read", { token: { expiresIn: -90 } }),
  passes("passes a token that expired within the skew", "/read", { token: { expiresIn: -20 } }),
  refuses("token_not_yet_valid", "refuses a token that is not yet valid beyond the skew", "/read", {
    token: { notBeforeIn: 120 },
  }),
  passes("passes a token that becomes valid within the skew", "/read", { token: { notBeforeIn: 30 } }),
  refuses("claim_missing", "refuses a token without exp", "/read", { token: { claims: { exp: undefined } } }),
  refuses("claim_invalid", "refuses exp as text", "/read", { token: { claims: { exp: "4102444800" } } }),
  refuses("claim_invalid", "refuses exp in milliseconds", "/read", { token: { claims: { exp: 4_102_444_800_000 } } }),
  refuses("audience_mismatch", "refuses another audience and says so", "/read", {
    token: { claims: { aud: "https://other.example" } },
  }),
  refuses("audience_mismatch", "refuses a token without aud", "/read", { token: { claims: { aud: undefined } } }),
  passes("passes one matching audience of several", "/read", {
    token: { claims: { aud: ["https://other.example", "https://api.example"] } },
  }),
  passes("uses the rule's own audiences instead of the issuer's audiences", "/other-audience", {
    token: { claims: { aud: "https://other.example" } },
  }),
  refuses("audience_mismatch", "refuses the issuer's audience if the rule has its own audiences", "/other-audience", {
    token: GOOD,
  }),
  refuses("token_type_mismatch", "refuses an ID token's typ", "/read", { token: { header: { typ: "JWT" } } }),
  passes("takes typ with its media type prefix", "/read", { token: { header: { typ: "application/AT+JWT" } } }),
  refuses("claim_missing", "refuses a token without a claim that the issuer must give", "/read", {
    token: { claims: { sub: undefined } },
  }),
];

const authorization: readonly ConformanceCase[] = [
  refuses("scope_insufficient", "refuses a missing scope and names it", "/write", {
    method: "POST",
    token: GOOD,
    scope: "things:read things:write",
    message: "The access token lacks a required scope",
  }),
  passes("passes when all scopes are there, in any order", "/write", {
    method: "POST",
    token: { claims: { scope: "things:write other things:read" } },
  }),
  refuses(
    "scope_insufficient",
    "does not accept a scope in place of a scope that begins with the same text",
    "/write",
    {
      token: { claims: { scope: "things:read things:writer" } },
      scope: "things:read things:write",
    },
  ),
  refuses("token_too_old", "refuses a partner's token that was issued longer ago than the partner allows", "/partner", {
    token: { key: "partner", claims: { iat: 1_700_000_000 } },
  }),
  passes("accepts a partner's token with the partner's claim names", "/partner", {
    token: { key: "partner" },
    upstream: { "x-user-id": "user-1", "x-tenant": "acme" },
  }),
];

const matching: readonly ConformanceCase[] = [
  passes("finds an operation by method and path template", "/refunds/42", {
    token: { claims: { scope: "refunds:read" } },
  }),
  passes("covers HEAD by GET", "/refunds/42", { method: "HEAD", token: { claims: { scope: "refunds:read" } } }),
  refuses("scope_insufficient", "asks each operation's own scope", "/refunds", {
    method: "POST",
    token: { claims: { scope: "refunds:read" } },
    scope: "refunds:write",
  }),
  refuses("no_matching_rule", "refuses a method that no operation has", "/refunds/42", {
    method: "DELETE",
    token: GOOD,
  }),
  refuses("no_matching_rule", "refuses a path that no operation has", "/refunds/42/items", { token: GOOD }),
  passes("ignores the query when it finds an operation", "/refunds/42?x=/..", {
    token: { claims: { scope: "refunds:read" } },
  }),
  refuses("path_ambiguous", "refuses an encoded slash in a path that decides", "/refunds/4%2F2", { token: GOOD }),
  refuses("path_ambiguous", "refuses dot segments in a path that decides", "/refunds/x/../42", { token: GOOD }),
  refuses("path_ambiguous", "refuses encoded dot segments in a path that decides", "/refunds/%2e%2e/refunds/42", {
    token: GOOD,
  }),
  refuses("path_ambiguous", "refuses double slashes in a path that decides", "//refunds/42", { token: GOOD }),
  ...(["/public", "/optional", "/read"] as const).flatMap((route) =>
    ["/..%2fadmin", "/..%5Cadmin", "/..;x/admin", "/%252e%252e%252fadmin", "..%2fadmin", "/#x"].map((rest) =>
      refuses(
        "path_ambiguous",
        `refuses ${route}${rest}, which some servers read as a path outside the Kong Route`,
        `${route}${rest}`,
        { message: "The request path is ambiguous" },
      ),
    ),
  ),
  passes("passes an encoded slash if no operation decides by path", "/public/a%2fb"),
  passes("passes dots within a segment, and dot segments in the query", "/public/v1.0/a..b?next=/../c"),
  refuses("connection_header_refused", "refuses a Connection header that would strip an identity header", "/read", {
    only: ["http/1.1"], // HTTP/2 has no such header (RFC 9113 section 8.2.2). run-conformance.ts still sends it.
    headers: ["Connection", "close, x-user-id"],
    token: GOOD,
  }),
  refuses("connection_header_refused", "refuses it on a public rule too", "/public", {
    only: ["http/1.1"], // As above.
    headers: ["Connection", "X-Tenant"],
  }),
  passes("allows plain connection options", "/read", {
    only: ["http/1.1"], // As above.
    headers: ["Connection", "close"],
    token: GOOD,
  }),
];

const binding: readonly ConformanceCase[] = [
  passes("finds the rule by the Kong Route's name with a global plugin", "/named", {
    token: GOOD,
    upstream: { "x-user-id": "user-1" },
  }),
  refuses("scope_insufficient", "finds the rule by a tag of the Kong Route", "/tagged", {
    token: GOOD,
    realm: "by-name",
    scope: "tagged:read",
  }),
  refuses("no_matching_rule", "refuses a Kong Route that the policy does not name", "/unnamed", {
    token: GOOD,
    message: "Access is not allowed",
  }),
  refuses("policy_unavailable", "refuses when the configured rule does not exist", "/ghost", {
    token: GOOD,
    message: "The request cannot be checked at the moment",
  }),
  refuses("policy_unavailable", "refuses when the policy file has mistakes", "/broken", { token: GOOD }),
  refuses("policy_unavailable", "refuses when the policy file does not exist", "/missing", { token: GOOD }),
  refuses("policy_unavailable", "refuses a policy file outside the root", "/outside", { token: GOOD }),
  passes("takes a policy from the plugin's configuration", "/inline", {
    token: GOOD,
    upstream: { "x-user-id": "user-1" },
  }),
];

const keys: readonly ConformanceCase[] = [
  passes("finds keys by discovery at an OpenID provider (RS256)", "/discovery", {
    token: { provider: { client: "checkout-web", resource: "payments", scope: "payments:read" } },
    upstream: { "x-user-id": "checkout-web" },
  }),
  passes("finds keys by discovery at an OpenID provider (ES256)", "/discovery-es256", {
    token: { provider: { client: "checkout-web", resource: "platform", scope: "orders:read" } },
    upstream: { "x-user-id": "checkout-web" },
  }),
  passes("finds keys at a jwks_uri", "/jwks-uri", {
    token: { provider: { client: "back-office", resource: "payments", scope: "payments:read" } },
  }),
  refuses("keys_unavailable", "answers 503 when no key could ever be fetched", "/keys-down", {
    token: GOOD,
    message: "The request cannot be checked at the moment",
  }),
];

const bytes: readonly ConformanceCase[] = [
  passes("judges a request correctly with header bytes that are not UTF-8", "/read", {
    headers: ["X-Other", "caf\u00e9"],
    token: GOOD,
    upstream: IDENTITY,
  }),
  refuses("authorization_malformed", "refuses such bytes in a token", "/read", { token: "Bearer caf\u00e9" }),
  passes("judges a request correctly with a header of 7 kB and two hundred small headers", "/read", {
    headers: ["X-Large", "x".repeat(7_000), ...Array.from({ length: 200 }, (_, index) => [`X-${index}`, "y"]).flat()],
    token: GOOD,
  }),
  {
    title: "lets the gateway answer more than 1,000 header lines with 400",
    path: "/public",
    headers: Array.from({ length: 1_001 }, (_, index) => [`X-${index}`, "y"]).flat(),
    status: 400,
  },
];

const role = (...roles: readonly string[]) => ({ claims: { realm_access: { roles } } }) as const;
const STEP_UP =
  'Bearer realm="requirements", error="insufficient_user_authentication", error_description="A different or more recent authentication is required", acr_values="gold", max_age="900"';
const seconds = (offset: number): number => Math.floor(Date.now() / 1000) + offset;

const requirements: readonly ConformanceCase[] = [
  passes("passes one of several roles", "/roles", { token: role("owner") }),
  refuses("condition_unmet", "refuses a token that has none of them", "/roles", {
    token: role("auditor"),
    message: "Access is not allowed",
  }),
  refuses("condition_unmet", "refuses a token that has an excluded one", "/roles", {
    token: role("admin", "suspended"),
  }),
  passes("passes the second of two alternatives", "/ways", { token: { key: "partner" } }),
  refuses("scope_insufficient", "names the requirements of the first alternative that applies", "/ways", {
    token: GOOD,
    realm: "requirements",
    scope: "things:write",
  }),
  refuses("condition_unmet", "refuses a token of the other issuer, which uses another claim", "/ways", {
    token: { key: "partner", claims: { tenant: "evil" } },
  }),
  passes("compares a header of two lines as one string, joined by a comma and a space", "/tenant", {
    headers: ["X-Tenant", "acme", "X-Tenant", "blue"],
    token: { claims: { tenant: "acme, blue" } },
    upstream: { "x-tenant": "acme, blue" },
  }),
  ...(
    [
      ["acme,blue", ["X-Tenant", "acme", "X-Tenant", "blue"]],
      ["acme", ["X-Tenant", "", "X-Tenant", "acme"]],
      ["acme", ["X-Tenant", "acme", "x_tenant", "evil"]],
    ] as const
  ).map(([tenant, headers]) =>
    refuses("condition_unmet", `refuses ${JSON.stringify(headers)} for the tenant ${tenant}`, "/tenant", {
      headers,
      token: { claims: { tenant } },
    }),
  ),
  passes("compares a header in another spelling, and forwards it with the policy's spelling", "/tenant", {
    headers: ["x_tenant", "acme"],
    token: { claims: { tenant: "acme" } },
    upstream: { "x-tenant": "acme", x_tenant: null },
  }),
  passes("passes a user's request for their own resource", "/own/user-1", { token: GOOD }),
  refuses("condition_unmet", "refuses a user's request for the resource of another user", "/own/user-2", {
    token: GOOD,
  }),
  passes("passes a recent login of the right kind", "/stepup", {
    token: { claims: { acr: "gold", auth_time: seconds(-60) } },
  }),
  refuses("authentication_insufficient", "requires a new login if the last login was long ago (RFC 9470)", "/stepup", {
    token: { claims: { acr: "gold", auth_time: seconds(-86_400) } },
    challenge: STEP_UP,
  }),
  passes("writes headers as their mappings say, and keeps the token from the upstream", "/roles", {
    headers: ["X-Role", "evil", "x_role", "evil", "X-Source", "evil", "X-Claims", "evil"],
    token: { claims: { name: "Jos\u00e9 N.", realm_access: { roles: ["admin", "a,b"] } } },
    upstream: {
      authorization: null,
      x_role: null,
      "x-name": "Jos%C3%A9%20N.",
      "x-role": "admin, a,b",
      "x-claims": "eyJyb2xlcyI6WyJhZG1pbiIsImEsYiJdfQ",
      "x-source": "jwt-policy",
    },
  }),
  passes("falls back where the claim is absent", "/roles", { token: role("admin"), upstream: { "x-name": "nobody" } }),
];

const PROBLEM = ["Accept", "application/problem+json"];
const GRPC = "application/grpc";
const DETAILS = { "content-type": "application/problem+json" };
const KONG_FORM = { "content-type": "application/json; charset=utf-8" };
const METADATA_PATH = "/.well-known/oauth-protected-resource/payments";
const METADATA_URL = `https://api.example.com${METADATA_PATH}`;
const METADATA = {
  "content-type": "application/json",
  "access-control-allow-origin": "*",
  "cache-control": "max-age=3600",
};
const NAMED = `resource_metadata="${METADATA_URL}"`;

const answers: readonly ConformanceCase[] = [
  refuses("token_missing", "answers with problem details to a client that prefers them (RFC 9457)", "/read", {
    headers: PROBLEM,
    answer: {
      headers: DETAILS,
      body: { type: "about:blank", title: "Unauthorized", status: 401, detail: "Authentication is required" },
    },
  }),
  refuses("token_missing", "answers in Kong's form to a client that accepts both equally", "/read", {
    headers: ["Accept", "text/html, */*;q=0.8"],
    answer: { headers: KONG_FORM, body: { message: "Authentication is required" } },
  }),
  refuses("token_missing", "reads no Accept of more than 1 kB", "/read", {
    headers: ["Accept", `application/problem+json${", a/b".repeat(250)}`],
    answer: { headers: KONG_FORM },
  }),
  refuses("token_missing", "always answers with problem details if the policy says so", "/problem", {
    headers: ["Accept", "application/json"],
    realm: "problem",
    answer: { headers: DETAILS },
  }),
  refuses("token_missing", "sends no body to HEAD", "/read", {
    method: "HEAD",
    answer: { headers: KONG_FORM, body: "" },
  }),
  refuses(
    "scope_insufficient",
    "has the policy's status and text, and no challenge if the status differs",
    "/answers",
    { token: GOOD, status: 404, challenge: null, message: "Not found" },
  ),
  refuses("no_matching_rule", "has the same answer if no rule fits", "/answers", {
    method: "POST",
    status: 404,
    message: "Not found",
  }),
  refuses("token_missing", "has a text beyond ASCII in the body, and no text in the challenge", "/answers", {
    headers: PROBLEM,
    realm: "answers",
    answer: {
      headers: DETAILS,
      body: {
        type: "https://docs.example.com/errors/token_missing",
        title: "Bitte zuerst \u201eanmelden\u201c",
        status: 401,
      },
    },
  }),
  refuses("token_expired", "has the policy's text in an unchanged challenge", "/answers", {
    token: { expiresIn: -90 },
    challenge: 'Bearer realm="answers", error="invalid_token", error_description="Sign in again"',
    message: "Sign in again",
  }),
  ...(
    [
      ["signature_invalid", { damage: "signature" }],
      ["token_malformed", "Bearer nonsense"],
      ["issuer_untrusted", { claims: { iss: "https://evil.example" } }],
    ] as const
  ).map(([reason, token]) =>
    refuses(reason, `tells all the same of an invalid token, type included: ${reason}`, "/answers", {
      headers: PROBLEM,
      token,
      status: 400,
      challenge: null,
      answer: { body: { type: "https://docs.example.com/errors/invalid_token", title: 'Not "good"', status: 400 } },
    }),
  ),
  refuses("token_missing", "answers a gRPC client in the format of gRPC, with any message format and Accept", "/read", {
    only: ["h2"],
    headers: [...PROBLEM, "Content-Type", "application/grpc+proto"],
    answer: {
      headers: { "content-type": GRPC, "grpc-status": "16", "grpc-message": "Authentication is required" },
      body: "",
    },
  }),
  refuses("no_matching_rule", "tells it the policy's status and words", "/answers", {
    only: ["h2"],
    method: "POST",
    headers: ["Content-Type", GRPC],
    status: 404,
    answer: { headers: { "content-type": GRPC, "grpc-status": "5", "grpc-message": "Not found" }, body: "" },
  }),
  refuses("token_missing", "tells it words beyond ASCII, encoded", "/answers", {
    headers: ["Content-Type", GRPC],
    realm: "answers",
    answer: { headers: { "grpc-message": "Bitte zuerst %E2%80%9Eanmelden%E2%80%9C" }, body: "" },
  }),
  refuses("token_missing", "tells gRPC-Web in JSON", "/read", {
    headers: ["Content-Type", "application/grpc-web+proto"],
    answer: { headers: { ...KONG_FORM, "grpc-status": null }, body: { message: "Authentication is required" } },
  }),
  refuses("policy_unavailable", "answers every client in Kong's form if no policy is known", "/broken", {
    headers: [...PROBLEM, "Content-Type", GRPC],
    answer: { headers: KONG_FORM },
  }),
  refuses("token_missing", "names the API's description and the scope in a bare challenge (RFC 9728)", "/mcp", {
    challenge: `Bearer realm="mcp", scope="payments:read", ${NAMED}`,
  }),
  ...(
    [
      ["no token", {}, "token_missing", ""],
      ["an expired token", { token: { ...GOOD, expiresIn: -3600 } }, "token_expired", "The access token expired"],
      [
        "a changed signature",
        { token: { ...GOOD, damage: "signature" } },
        "signature_invalid",
        "The access token is invalid",
      ],
    ] as const
  ).map(([what, request, reason, text]) =>
    refuses(
      reason,
      `names the rule's scopes to a client with ${what} if the policy says \`name_scopes\``,
      "/named-scopes",
      {
        ...request,
        challenge: `Bearer realm="named-scopes"${text && `, error="invalid_token", error_description="${text}"`}, scope="things:read things:write"`,
      },
    ),
  ),
  refuses("token_missing", "names no scope if the rule has alternatives", "/mcp-ways", {
    challenge: `Bearer realm="mcp", ${NAMED}`,
  }),
  refuses("scope_insufficient", "names the API's description if a scope is missing", "/mcp", {
    token: { provider: { client: "checkout-web", resource: "payments", scope: "payments:write" } },
    challenge: `Bearer realm="mcp", error="insufficient_scope", error_description="The access token lacks a required scope", scope="payments:read", ${NAMED}`,
  }),
  passes("serves the API's description to every client", `${METADATA_PATH}?x=1`, {
    answer: {
      headers: METADATA,
      body: {
        resource: "https://api.example.com/payments",
        scopes_supported: ["payments:read"],
        bearer_methods_supported: ["header"],
        resource_name: "Payments",
      },
    },
  }),
  passes("serves it without a body to HEAD", METADATA_PATH, {
    method: "HEAD",
    answer: { headers: METADATA, body: "" },
  }),
  {
    title: "lets pages of any origin read the API's description",
    path: METADATA_PATH,
    method: "OPTIONS",
    headers: [
      ...["Origin", "https://app.example", "Access-Control-Request-Method", "GET"],
      ...["Access-Control-Request-Headers", "mcp-protocol-version"],
    ],
    status: 204,
    answer: {
      headers: {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET, HEAD",
        "access-control-allow-headers": "*",
      },
      body: "",
    },
  },
  ...[`${METADATA_PATH}/`, METADATA_PATH.replace("oauth", "%6fauth")].map((path) =>
    refuses("token_missing", `takes another spelling of its path for a request like any other: ${path}`, path, {
      challenge: `Bearer realm="mcp", scope="payments:read", ${NAMED}`,
    }),
  ),
  refuses("path_ambiguous", "refuses a path that leads to the description by a dot segment", `/x/..${METADATA_PATH}`),
  refuses("token_missing", "judges another method at the description's path like any other request", METADATA_PATH, {
    method: "POST",
    challenge: `Bearer realm="mcp", scope="payments:read", ${NAMED}`,
  }),
];

/** The conformance table. */
export const CASES: readonly ConformanceCase[] = [
  ...algorithms,
  ...boundAlgorithms,
  ...KEY_CASES,
  ...identity,
  ...extraction,
  ...forgery,
  ...claims,
  ...authorization,
  ...matching,
  ...binding,
  ...keys,
  ...bytes,
  ...requirements,
  ...ISSUER_CASES,
  ...CLAIM_CASES,
  ...REPORT_CASES,
  ...PATH_CASES,
  ...PLAIN_HTTP_CASES,
  ...SOURCE_CASES,
  ...answers,
  ...CALLER_CASES,
  ...TRANSPORT_CASES,
  ...GRPC_CASES,
];
