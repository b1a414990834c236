/**
 * Parts of a real kong.yml that the sandbox does not support. The text of each entry is a warning that describes the
 * consequence. Do not list a field here if the sandbox would let more requests pass when it ignores the field. The only
 * exception is other plugins than ours. The warnings about these plugins describe the consequence.
 */

/** Unsupported entities at the top of the document. */
export const IGNORED_ENTITIES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      ...["acls", "basicauth_credentials", "hmacauth_credentials", "jwt_secrets", "keyauth_credentials"],
      ...["keyauth_enc_credentials", "mtls_auth_credentials", "oauth2_credentials", "oauth2_tokens"],
    ].map((name) => [name, "The sandbox checks no credentials except tokens for jwt-policy."]),
  ),
  certificates: "The sandbox serves and proxies without these certificates.",
  ca_certificates: "The sandbox ignores these certificates, and trusts the certificate authorities of Node.",
  consumer_groups: "The sandbox knows no groups of Consumers.",
  custom_plugins: "The sandbox runs no plugin except jwt-policy.",
  filter_chains: "The sandbox runs no WebAssembly filters.",
  key_sets: "Only other plugins use key sets.",
  keys: "Only other plugins use these keys.",
  licenses: "The sandbox needs no licence.",
  partials: "Only other plugins use partials.",
  snis: "The sandbox serves no TLS.",
  targets: "The sandbox reads only targets that are listed inside their upstream.",
  vaults: "The sandbox reads no vaults.",
};

/** Fields that have no effect on requests. The sandbox does not warn if it ignores such a field. */
export const SILENT_FIELDS: readonly string[] = ["created_at", "updated_at"];
export const SILENT_ENTITIES: readonly string[] = ["_comment", "_ignore", "_konnect", "_transform", "_workspace"];

interface IgnoredField {
  readonly why: string;
  /** Kong's default value. A field with this value causes no warning. */
  readonly usual?: unknown;
}

export const IGNORED_SERVICE_FIELDS: Readonly<Record<string, IgnoredField>> = {
  ca_certificates: { why: "The sandbox trusts the certificate authorities of Node." },
  client_certificate: { why: "The sandbox sends no client certificate." },
  retries: { why: "The sandbox does not retry.", usual: 5 },
  tls_sans: { why: "The sandbox checks certificates as Node does." },
  tls_verify: { why: "The sandbox always verifies certificates.", usual: true },
  tls_verify_depth: { why: "The sandbox checks certificates as Node does." },
};

export const IGNORED_ROUTE_FIELDS: Readonly<Record<string, IgnoredField>> = {
  path_handling: { why: "The sandbox joins paths as `path_handling: v0` does.", usual: "v0" },
  request_buffering: { why: "The sandbox always streams.", usual: true },
  response_buffering: { why: "The sandbox always streams.", usual: true },
  snis: { why: "The sandbox serves no TLS. As on Kong, a request without TLS matches, whatever its host name is." },
};

export const IGNORED_PLUGIN_FIELDS: Readonly<Record<string, IgnoredField>> = {
  condition: { why: "The sandbox runs the plugin for every request of its Route." },
  ordering: { why: "The sandbox runs no other plugin." },
};

const AUTHENTICATION = [
  "acl",
  "basic-auth",
  "hmac-auth",
  "ip-restriction",
  "jwt",
  "key-auth",
  "ldap-auth",
  "mtls-auth",
  "oauth2",
  "opa",
  "openid-connect",
  "session",
];
const LIMITS = [
  "bot-detection",
  "rate-limiting",
  "rate-limiting-advanced",
  "request-size-limiting",
  "request-validator",
  "request-termination",
  "response-ratelimiting",
];

/**
 * The sandbox does not run this plugin. The text says how Kong may treat requests differently because of this plugin.
 */
export function describeMissingPlugin(name: string): string {
  if (AUTHENTICATION.includes(name) || LIMITS.includes(name)) {
    return "Kong may refuse requests that the sandbox lets pass";
  }
  return name === "cors"
    ? "the sandbox answers no preflights and adds no CORS headers"
    : "Kong may change requests or answers that the sandbox leaves as they are";
}
