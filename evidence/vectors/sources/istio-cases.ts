/**
 * Istio's settings as policy documents. Also the meaning of each of Istio's requests for this plugin. Istio checks the
 * audience only if the policy has `audiences`. Istio lets requests without a token pass, unless an AuthorizationPolicy
 * requires a token. Istio matches hosts and paths itself; with Kong, the Route matches them. Istio's
 * `requestPrincipals: [issuer/sub]` becomes one accepted issuer and a condition on `sub`.
 */

type Members = Record<string, unknown>;

/** @param origin the origin of the server that replaces Istio's key server. */
type DocumentOf = (origin: string) => Members;

/** How a request is bound to a rule. The reason, if the plugin must refuse the request. */
interface MappedCase {
  readonly route: string;
  readonly rightReason?: string;
}

interface MappedTemplate {
  readonly document: DocumentOf;
  /** The cases, by name. */
  readonly cases: Readonly<Record<string, MappedCase>>;
}

/** `jwtRules: [{ issuer, jwksUri }]`. Without `audiences` in Istio, only `iss` must match, and it matches. */
function issuerOf(number: number, jwksUri: string, changes: Members = {}): Members {
  const issuer = `test-issuer-${number}@istio.io`;
  const anyAudience = { audiences: [issuer], claims: { audience: "iss" } };
  return { issuer, algorithms: ["RS256"], token_type: "JWT", keys: { jwks_uri: jwksUri }, ...anyAudience, ...changes };
}

const documentOf =
  (routes: Members, changes: Members = {}): DocumentOf =>
  (origin) => ({
    jwt_policy: 1,
    name: "istio",
    issuers: { one: issuerOf(1, `${origin}/jwks`), two: issuerOf(2, `${origin}/jwks`) },
    defaults: { accept: ["one", "two"] },
    routes,
    ...changes,
  });

/** Only one `jwtRules` entry. */
const documentOfOne = (routes: Members, jwksPath: string): DocumentOf => {
  const document = documentOf(routes, { defaults: { accept: ["one"] } });
  return (origin) => ({ ...document(origin), issuers: { one: issuerOf(1, `${origin}${jwksPath}`) } });
};

/** A RequestAuthentication alone: a token must be good, none is fine. */
const AUTHENTICATE = { workload: { access: "optional" } };
const OK: MappedCase = { route: "workload" };
const refused = (rightReason: string, route = "workload"): MappedCase => ({ route, rightReason });
const SUB_1 = { accept: ["one"], required_claims: { sub: { equals: "sub-1" } } };
/** `fromHeaders` with prefixes, and `fromParams`. With these keys, Istio does not read Authorization either. */
const SOURCES = [
  { header: "x-jwt-token", prefix: "Value" },
  { header: "auth-token", prefix: "Token" },
  { query: "token" },
  { query: "secondary_token" },
];

/**
 * Kong Routes match the hosts: `example` and `any` for the two hosts, `healthz` for the path, and `mesh` for the
 * workload itself.
 */
const BY_HOST: MappedTemplate["document"] = documentOf({
  example: SUB_1,
  any: {},
  healthz: { access: "public" },
  mesh: { access: "optional" },
});
const HOST_CASES: MappedTemplate["cases"] = {
  "allow healthz": { route: "healthz" },
  "deny without token": refused("token_missing", "example"),
  "allow with sub-1 token": { route: "example" },
  "deny with sub-2 token": refused("issuer_untrusted", "example"), // The token is also a token of issuer 2.
  "deny with expired token": refused("token_expired", "example"),
  "allow with sub-1 token on any.com": { route: "any" },
  "allow with sub-2 token on any.com": { route: "any" },
  "deny without token on any.com": refused("token_missing", "any"),
  "deny with token on other host": refused("no_matching_rule", "other"),
};

/** Maps the name of a template, without folder and extension, to the policy document. */
export const ISTIO_TEMPLATES: Readonly<Record<string, MappedTemplate>> = {
  "authn-only": {
    document: documentOf(AUTHENTICATE, {
      header_mappings: { "x-jwt-iss": "iss", "x-jwt-iat": "iat", "x-jwt-nested-claim": "/nested/nested-2/key2" },
    }),
    cases: {
      "valid-token-noauthz": OK,
      "valid-token-2-noauthz": OK,
      "expired-token-noauthz": refused("token_expired"),
      "expired-token-cors-preflight-request-allowed": OK,
      "expired-token-bad-cors-preflight-request-rejected": refused("token_expired"),
      "no-token-noauthz": OK,
      "valid-nested-claim-token": OK,
    },
  },
  "authn-authz": {
    document: documentOfOne({ workload: SUB_1, bare: { access: "public" } }, "/jwks"),
    cases: {
      "valid-token": OK,
      "expired-token": refused("token_expired"),
      "no-token": refused("token_missing"),
      // The request goes to a workload that no policy selects.
      "no-authn-authz": { route: "bare" },
    },
  },
  forward: { document: documentOfOne(AUTHENTICATE, "/jwks"), cases: { "valid-token-forward": OK } },
  remote: { document: documentOfOne(AUTHENTICATE, "/jwks"), cases: { "valid-token-forward-remote-jwks": OK } },
  // In Istio's test, the key server takes longer than the timeout of the policy. In this test, the key server never answers.
  timeout: {
    document: documentOfOne(AUTHENTICATE, "/late"),
    cases: { "valid-token-forward-remote-jwks": refused("keys_unavailable") },
  },
  // Two policies apply together. In one of them, issuer 2 has no audiences.
  aud: {
    document: (origin) => ({
      ...documentOf(AUTHENTICATE)(origin),
      issuers: {
        one: issuerOf(1, `${origin}/jwks`, { audiences: ["foo"], claims: {} }),
        two: issuerOf(2, `${origin}/jwks`),
      },
    }),
    cases: {
      "invalid-aud": refused("audience_mismatch"),
      "valid-aud": OK,
      "verify-policies-are-combined": OK,
    },
  },
  "invalid-jwks": {
    document: documentOfOne(AUTHENTICATE, "/missing"),
    cases: {
      "invalid-jwks-valid-token-noauthz": refused("keys_unavailable"),
      "invalid-jwks-expired-token-noauthz": refused("keys_unavailable"),
      "invalid-jwks-no-token-noauthz": OK,
    },
  },
  "headers-params": {
    document: (origin) => ({ ...documentOfOne({ workload: SUB_1 }, "/jwks")(origin), token: { sources: SOURCES } }),
    cases: {
      "valid-params": OK,
      "valid-params-secondary": OK,
      "invalid-params": refused("token_missing"),
      "valid-token-set": OK,
      "invalid-token-set": refused("token_ambiguous"),
      "valid-header": OK,
      "valid-header-secondary": OK,
      "invalid-header": refused("token_missing"),
    },
  },
  ingress: {
    document: BY_HOST,
    cases: {
      "in-mesh-with-expired-token": refused("token_expired", "mesh"),
      "in-mesh-without-token": { route: "mesh" },
      ...HOST_CASES,
    },
  },
  "gateway-jwt": { document: BY_HOST, cases: HOST_CASES },
};
