/**
 * All reasons for a denial, as a closed union, and one table with the consequences of each reason. Answers, logs, metric
 * labels, `explain` and docs/reference/denials.md all use this table.
 */
import { fail, type Result } from "./result.ts";

export type Stage = "match" | "extract" | "decode" | "key" | "verify" | "claims" | "authorize" | "propagate" | "any";

/** Error codes of RFC 6750 section 3.1 and RFC 9470 section 3. */
type BearerError = "invalid_request" | "invalid_token" | "insufficient_scope" | "insufficient_user_authentication";

export interface DenialRow {
  readonly stage: Stage;
  readonly status: 400 | 401 | 403 | 500 | 503;
  /**
   * If `error` is undefined for a 401, the challenge has no error. RFC 6750 section 3.1 asks for a challenge without an
   * error if the client sent no token.
   */
  readonly error?: BearerError;
  /** The text for the client. The reason alone decides the text, so the text never contains anything from the token. */
  readonly clientMessage: string;
  /** The public name, if it differs from the reason. Reasons that a client must not distinguish share one name, status and text. */
  readonly publicReason?: string;
  /** The meaning, for the operators of the gateway. */
  readonly meaning: string;
  /** The first thing that the operator should do. */
  readonly next: string;
  readonly spec: string;
}

const INVALID = { status: 401, error: "invalid_token" } as const;
const INVALID_TOKEN = {
  ...INVALID,
  clientMessage: "The access token is invalid",
  publicReason: "invalid_token",
} as const;
const ACCESS_DENIED = { status: 403, clientMessage: "Access is not allowed", publicReason: "access_denied" } as const;
const UNAVAILABLE = {
  status: 503,
  clientMessage: "The request cannot be checked at the moment",
  publicReason: "unavailable",
} as const;

export const DENIALS = {
  no_matching_rule: {
    stage: "match",
    status: 403,
    clientMessage: "Access is not allowed",
    meaning:
      "The policy has no rule for this Kong Route, or the rule has no operation for the request's method and path.",
    next: "Add a rule with the name of the Kong Route, add an operation for this method and path, or correct the client's request.",
    spec: "default deny",
  },
  path_ambiguous: {
    stage: "match",
    status: 400,
    clientMessage: "The request path is ambiguous",
    meaning:
      "Servers read the path in more than one way. A path is ambiguous if a server may read a dot segment in it (`/..%2fadmin`, `/..;x/`), or if it has a `#`. A malformed request line counts as an ambiguous path. A path that is too long to check also counts as ambiguous. The limit is 8,192 characters. For a path with escapes or with characters beyond ASCII, the limit is 4,096 characters. If servers decode a path in different ways, the limit is 512 bytes. For rules with operations, a path with `//` or encoded separators is ambiguous too.",
    next: "The client must send the plain path: without dot segments, `//`, `#` and encoded separators.",
    spec: "RFC 3986 section 6.2.2, RFC 9112 section 3.2",
  },
  insecure_transport: {
    stage: "match",
    status: 403,
    clientMessage: "HTTPS is required",
    meaning:
      "The request came over the network in clear text, so a thief can read the token. Kong knows the protocol from its listener, or from the header `X-Forwarded-Proto` if a proxy in Kong's `trusted_ips` sent it.",
    next: "Use https. If a proxy in front of Kong terminates TLS, add the proxy's address to Kong's `trusted_ips`.",
    spec: "RFC 6750 section 5.3",
  },
  connection_header_refused: {
    stage: "match",
    status: 400,
    clientMessage: "The Connection header is not acceptable",
    meaning:
      "The header `Connection` has more than 64 options, or names an unknown option. Kong deletes the headers that `Connection` names, even if the plugin has set them.",
    next: "Remove the field from the client's or the proxy's `Connection` header.",
    spec: "RFC 9110 section 7.6.1",
  },
  too_many_headers: {
    stage: "match",
    status: 400,
    clientMessage: "The request has too many headers",
    meaning:
      "The request has more headers than the plugin can read. The plugin would not see the headers beyond its limit.",
    next: "Find the client or proxy that adds so many header fields.",
    spec: "Kong PDK request.get_headers",
  },
  other_authentication_missing: {
    stage: "extract",
    status: 403,
    clientMessage: "Another authentication is required as well",
    meaning:
      "The rule says `other_authentication: require`, and no plugin that runs before this one has authenticated the request.",
    next: "Add the other authentication plugin to this Kong Route, or let the client also send a credential for that plugin.",
    spec: "docs/guides/identity.md",
  },
  token_missing: {
    stage: "extract",
    status: 401,
    clientMessage: "Authentication is required",
    meaning:
      "None of the policy's `token.sources` has a token. By default this means that the Authorization header is absent or empty, or has a scheme other than Bearer.",
    next: "The client must send its access token in a source that the policy names under `token.sources`.",
    spec: "RFC 6750 section 3.1",
  },
  authorization_malformed: {
    stage: "extract",
    status: 400,
    error: "invalid_request",
    clientMessage: "The Authorization header is malformed",
    meaning: "The text after `Bearer` is not one token, or has characters that a token cannot have.",
    next: "The client must send `Authorization: Bearer <token>`, with one token and nothing else.",
    spec: "RFC 6750 section 2.1",
  },
  credentials_malformed: {
    stage: "extract",
    status: 400,
    error: "invalid_request",
    clientMessage: "The request's credentials are malformed",
    meaning:
      "A source other than Authorization contains something that is not one token, or that servers can read in more than one way. Examples are quotes around a cookie, white space in a cookie's name, an empty parameter, and a wrong escape in the query. If a token source is in the query, and the request target has a query and more than 8,192 characters, the request also gets this reason. A request also gets this reason if it is too long. The plugin counts the characters of the request target and of all places in which the policy looks for a token. The sum may exceed `token.max_bytes` by at most 9,216.",
    next: "The client must send only the token in its source, without quotes, white space or escapes.",
    spec: "RFC 6265 section 4.2.1, RFC 6750 section 2.3",
  },
  token_ambiguous: {
    stage: "extract",
    status: 400,
    error: "invalid_request",
    clientMessage: "More than one access token was sent",
    meaning:
      "The request has more than one set of credentials: in two of the policy's `token.sources`, or twice in one source.",
    next: "The client must send one token, in one source. Check whether a proxy adds a second token.",
    spec: "RFC 6750 section 2",
  },
  origin_not_allowed: {
    stage: "extract",
    status: 403,
    clientMessage: "The origin of the request is not allowed",
    meaning:
      "The token came in a cookie, but the `Origin` of the request is not in `allowed_origins` of this cookie. So another site may have caused the request. The plugin makes this check for requests that change something, or that ask for an upgrade of the connection.",
    next: "If the site that sent the request may use the API, add its origin to `allowed_origins` of the cookie source.",
    spec: "RFC 6265 section 8.2, RFC 9110 section 9.2.1",
  },
  token_too_large: {
    ...INVALID_TOKEN,
    stage: "extract",
    meaning: "The token is longer than `token.max_bytes`.",
    next: "Configure the issuer to make smaller tokens, or raise `token.max_bytes`.",
    spec: "RFC 9110 section 5.4",
  },
  token_malformed: {
    ...INVALID_TOKEN,
    stage: "decode",
    meaning: "The token is not a compact JWS with canonical base64url, strict UTF-8 and strict JSON.",
    next: "The client must send the access token unchanged. An opaque token is not a JWT, and a truncated JWT is not valid.",
    spec: "RFC 7515 section 5.2",
  },
  token_encrypted: {
    ...INVALID_TOKEN,
    stage: "decode",
    meaning: "The token is encrypted (JWE); only signed tokens are accepted.",
    next: "Configure the issuer to sign access tokens without encrypting them.",
    spec: "RFC 7516 section 3",
  },
  critical_header_unsupported: {
    ...INVALID_TOKEN,
    stage: "decode",
    meaning: "The token's header has `crit` or `b64`; no extension is supported.",
    next: "Configure the issuer to leave `crit` and `b64` out of the token's header.",
    spec: "RFC 7515 section 4.1.11, RFC 7797 section 6",
  },
  issuer_untrusted: {
    ...INVALID_TOKEN,
    stage: "key",
    meaning: "`iss` is not an issuer that the rule accepts.",
    next: "If you trust this issuer, write its `iss` under `issuers` exactly as the token has it, and name the issuer under `accept`. If only the tenant is new, add it to `tenants`.",
    spec: "RFC 8725 section 3.8",
  },
  algorithm_not_allowed: {
    ...INVALID_TOKEN,
    stage: "key",
    meaning: "`alg` is not among the issuer's algorithms.",
    next: "If the issuer really uses this algorithm, add the algorithm to the issuer's `algorithms`. If the issuer never uses this algorithm, the token is forged.",
    spec: "RFC 8725 section 3.1",
  },
  key_not_found: {
    ...INVALID_TOKEN,
    stage: "key",
    meaning: "The issuer publishes no key that fits `kid` and `alg`.",
    next: "Compare the `kid` with the issuer's key set. Check `algorithms`, and check that the token comes from the issuer of this environment.",
    spec: "RFC 7515 section 6",
  },
  signature_invalid: {
    ...INVALID_TOKEN,
    stage: "verify",
    meaning: "The signature is not valid with the issuer's key.",
    next: "Check that the token is unchanged, and that the policy names the keys of the environment that issued the token.",
    spec: "RFC 7515 section 5.2",
  },
  keys_unavailable: {
    ...UNAVAILABLE,
    stage: "key",
    meaning: "The plugin could not fetch the issuer's keys yet, and it has no usable earlier key set.",
    next: "Check that the key URL is right, and that Kong's machine can reach it. `/status` shows the state of each source of keys.",
    spec: "RFC 9110 section 15.6.4",
  },
  overloaded: {
    ...UNAVAILABLE,
    stage: "any",
    meaning:
      "Possible causes: the plugin server gets more requests than it can check; too many requests wait for keys of the issuer; too many requests wait for the check of a slow signature (ES384, ES512, long RSA keys).",
    next: "Look for a client that sends many bad tokens. If the load is real, add Kong nodes.",
    spec: "RFC 9110 section 15.6.4",
  },
  token_type_mismatch: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning: "`typ` is not the issuer's `token_type`.",
    next: "The client must send the access token, not an ID token. If the issuer uses another `typ`, set `token_type`.",
    spec: "RFC 9068 section 4, RFC 8725 section 3.11",
  },
  audience_mismatch: {
    ...INVALID,
    stage: "claims",
    clientMessage: "The access token is not meant for this audience",
    meaning: "`aud` contains none of the audiences that the rule accepts.",
    next: "The client must ask for a token for this API. If `aud` already names this API, add its value to `audiences`.",
    spec: "RFC 7519 section 4.1.3",
  },
  token_not_yet_valid: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning: "`nbf` or `iat` is in the future, by more than the clock skew.",
    next: "Correct the clock of the issuer or of Kong's machine. `clock_skew` allows small differences, up to 5m.",
    spec: "RFC 7519 sections 4.1.5 and 4.1.6",
  },
  token_expired: {
    ...INVALID,
    stage: "claims",
    clientMessage: "The access token expired",
    meaning: "`exp` is in the past, by more than the clock skew.",
    next: "The client must get a new token before the old one expires. If the token is fresh, compare the clocks.",
    spec: "RFC 7519 section 4.1.4",
  },
  token_too_old: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning: "The token is older than the issuer's `max_token_age` allows. `exp` may still be in the future.",
    next: "The client must get a new token. If tokens are refused for their age too often, raise `max_token_age`.",
    spec: "RFC 7519 section 4.1.6",
  },
  claim_missing: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning:
      "A claim of the issuer's `required_claims` is absent or has no value. `exp` is always required. `iat` is required if the issuer has `max_token_age` or `max_token_lifetime`.",
    next: "Configure the issuer to write the claim, or correct its name in the policy.",
    spec: "RFC 7519 section 4",
  },
  claim_invalid: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning:
      "Possible causes: a registered claim has the wrong type or is out of range; the token's lifetime is longer than `max_token_lifetime`; a claim does not meet the issuer's `required_claims`.",
    next: "Correct the claim at the issuer. If the value is right, correct the issuer's part of the policy.",
    spec: "RFC 7519 section 4.1",
  },
  token_refused: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning:
      "The token is valid, but clients in different networks used it at the same time. The operator's abuse settings say that the plugin refuses such a token for a limited time.",
    next: "Ask the user or the owner of the client who uses the token. If the token is stolen, revoke the session at the issuer. A new token of the same user passes.",
    spec: "docs/guides/abuse.md",
  },
  scope_insufficient: {
    stage: "authorize",
    status: 403,
    error: "insufficient_scope",
    clientMessage: "The access token lacks a required scope",
    meaning: "The token lacks at least one scope that the rule requires.",
    next: "The client must ask for the scope, and the issuer must allow this scope for the client. Check `claims.scopes`.",
    spec: "RFC 6750 section 3.1",
  },
  condition_unmet: {
    ...ACCESS_DENIED,
    stage: "authorize",
    meaning:
      "Possible causes: the token lacks a role or group that the rule requires; the token has a role or group that the rule excludes; a claim does not meet the rule's conditions.",
    next: "Grant the role, group or value at the issuer, or correct the rule. Check `claims.roles` and `claims.groups`.",
    spec: "RFC 9110 section 15.5.4",
  },
  authentication_insufficient: {
    stage: "authorize",
    status: 401,
    error: "insufficient_user_authentication",
    clientMessage: "A different or more recent authentication is required",
    meaning:
      "The claims `acr`, `amr` or `auth_time` do not meet the rule's `authentication`. The challenge names the required values.",
    next: "The client must send the user to the login again, with the values of the challenge.",
    spec: "RFC 9470 section 3",
  },
  consumer_unknown: {
    ...ACCESS_DENIED,
    stage: "propagate",
    meaning:
      "Possible causes: the token names no Consumer; Kong has no Consumer with the id or username in the token; Kong could not read its database.",
    next: "Create the Consumer in Kong, or correct `identity.consumer`.",
    spec: "docs/guides/identity.md",
  },
  identity_claim_invalid: {
    ...ACCESS_DENIED,
    stage: "propagate",
    meaning:
      "A claim that `identity` names for Kong's credential or groups cannot be used: it is missing, of another type, or too long.",
    next: "Name another claim under `identity`, or configure the issuer to write this claim in the expected form.",
    spec: "docs/guides/identity.md",
  },
  claim_not_header_safe: {
    ...ACCESS_DENIED,
    stage: "propagate",
    meaning:
      "A mapped claim cannot be sent as a header. The claim is not a string, number, boolean or list of strings; or it has characters other than visible ASCII; or it is too long.",
    next: "Set `encoding`, `list`, `separator` or `max_bytes` of the mapping, or map another claim.",
    spec: "RFC 9110 section 5.5",
  },
  policy_unavailable: {
    ...UNAVAILABLE,
    stage: "any",
    meaning: "The plugin's policy or rule cannot be loaded, so every request is denied.",
    next: "Correct the policy or the plugin's configuration. `kong-jwt-policy validate` shows all mistakes.",
    spec: "fail closed",
  },
  deadline_exceeded: {
    ...UNAVAILABLE,
    stage: "any",
    meaning: "The decision took longer than the plugin server's deadline for one request.",
    next: "Check whether the machine is busy or Kong's database is slow. `/status` shows the plugin server's load.",
    spec: "fail closed",
  },
  internal_error: {
    stage: "any",
    status: 500,
    clientMessage: "An unexpected error occurred",
    meaning: "The plugin has a defect, or it does not understand an answer from Kong.",
    next: "Report the defect, with the lines of the plugin server's log from the time of the request.",
    spec: "fail closed",
  },
} as const satisfies Record<string, DenialRow>;

export type Reason = keyof typeof DENIALS;

/** The public name of a reason: the name of the reason itself, or a name that several reasons share. */
export type PublicReason = {
  [R in Reason]: (typeof DENIALS)[R] extends { readonly publicReason: infer Name extends string } ? Name : R;
}[Reason];

/** For some reasons, the client gets these values in addition to the fixed text. */
interface ReasonArguments {
  scope_insufficient: { readonly requiredScopes: readonly string[] };
  authentication_insufficient: { readonly acrValues: readonly string[]; readonly maxAgeSeconds: number | undefined };
  keys_unavailable: { readonly retryAfterSeconds: number };
}

/**
 * `detail` is for the operator: the value that caused the failure, where it was, and the expected value. The module
 * quote-value.ts writes the values of tokens and requests. A value from a token whose signature is not verified is
 * marked as `unverified`.
 */
export type Denial = {
  [R in Reason]: { readonly reason: R; readonly detail?: string } & (R extends keyof ReasonArguments
    ? ReasonArguments[R]
    : unknown);
}[Reason];

/** The row of a denial in the table, with the members that all rows have. */
export function denialRow(reason: Reason): DenialRow {
  return DENIALS[reason];
}

/** The name of a reason that the client may know. */
export function publicReason(reason: Reason): PublicReason {
  return (denialRow(reason).publicReason ?? reason) as PublicReason;
}

/** The result of a stage that denies the request. */
export function deny(denial: Denial): Result<never, Denial> {
  return fail(denial);
}
