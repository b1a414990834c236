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
  /** If it is undefined on a 401, the challenge has no error. RFC 6750 section 3.1 asks for this if no token was sent. */
  readonly error?: BearerError;
  /** The text for the client. Apart from the reason itself, it never depends on the token. */
  readonly clientMessage: string;
  /** The public name, if it differs from the reason. Reasons that a client must not distinguish share one name, status and text. */
  readonly publicReason?: string;
  /** The meaning, for the operators of the gateway. */
  readonly meaning: string;
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
    meaning: "The policy has no rule for this Kong Route, or no operation of the rule matches method and path.",
    spec: "default deny",
  },
  path_ambiguous: {
    stage: "match",
    status: 400,
    clientMessage: "The request path is ambiguous",
    meaning:
      "Servers read the path in more than one way. On every rule this means a dot segment in any reading (`/..%2fadmin`, `/..;x/`), a `#`, or a malformed request line. On a rule with operations it also means `//` and encoded separators.",
    spec: "RFC 3986 section 6.2.2, RFC 9112 section 3.2",
  },
  insecure_transport: {
    stage: "match",
    status: 403,
    clientMessage: "HTTPS is required",
    meaning:
      "The request came over the network in clear text, where a token can be stolen. Kong knows this from its listener, or from `X-Forwarded-Proto` of a proxy in its `trusted_ips`.",
    spec: "RFC 6750 section 5.3",
  },
  connection_header_refused: {
    stage: "match",
    status: 400,
    clientMessage: "The Connection header is not acceptable",
    meaning:
      "`Connection` names a field that is not a known connection option. Kong would delete that header after the plugin has set it. Or `Connection` has more than 64 options.",
    spec: "RFC 9110 section 7.6.1",
  },
  too_many_headers: {
    stage: "match",
    status: 400,
    clientMessage: "The request has too many headers",
    meaning: "The request has more headers than the plugin can read. It would not see the headers after the limit.",
    spec: "Kong PDK request.get_headers",
  },
  other_authentication_missing: {
    stage: "extract",
    status: 403,
    clientMessage: "Another authentication is required as well",
    meaning:
      "The rule says `other_authentication: require`, and no plugin that runs before this one has authenticated the request.",
    spec: "docs/guides/identity.md",
  },
  token_missing: {
    stage: "extract",
    status: 401,
    clientMessage: "Authentication is required",
    meaning:
      "None of the policy's `token.sources` has a token. By default this means that the Authorization header is absent or empty, or has another scheme than Bearer.",
    spec: "RFC 6750 section 3.1",
  },
  authorization_malformed: {
    stage: "extract",
    status: 400,
    error: "invalid_request",
    clientMessage: "The Authorization header is malformed",
    meaning: "The Bearer credentials are not one token of the allowed characters.",
    spec: "RFC 6750 section 2.1",
  },
  credentials_malformed: {
    stage: "extract",
    status: 400,
    error: "invalid_request",
    clientMessage: "The request's credentials are malformed",
    meaning:
      "The content of another source than Authorization is not one token, or servers can read it in more than one way. Examples are quotes around a cookie, white space in its name, and a wrong escape in the query.",
    spec: "RFC 6265 section 4.2.1, RFC 6750 section 2.3",
  },
  token_ambiguous: {
    stage: "extract",
    status: 400,
    error: "invalid_request",
    clientMessage: "More than one access token was sent",
    meaning:
      "The request has more than one set of credentials: in two of the policy's `token.sources`, or twice in one source.",
    spec: "RFC 6750 section 2",
  },
  origin_not_allowed: {
    stage: "extract",
    status: 403,
    clientMessage: "The origin of the request is not allowed",
    meaning:
      "The token came in a cookie, the request changes something or asks for an upgrade, and `Origin` is not one of the source's `allowed_origins`. Another site may have sent the request.",
    spec: "RFC 6265 section 8.2, RFC 9110 section 9.2.1",
  },
  token_too_large: {
    ...INVALID_TOKEN,
    stage: "extract",
    meaning: "The token is longer than `token.max_bytes`.",
    spec: "RFC 9110 section 5.4",
  },
  token_malformed: {
    ...INVALID_TOKEN,
    stage: "decode",
    meaning: "The token is not a compact JWS with canonical base64url, strict UTF-8 and strict JSON.",
    spec: "RFC 7515 section 5.2",
  },
  token_encrypted: {
    ...INVALID_TOKEN,
    stage: "decode",
    meaning: "The token is encrypted (JWE); only signed tokens are accepted.",
    spec: "RFC 7516 section 3",
  },
  critical_header_unsupported: {
    ...INVALID_TOKEN,
    stage: "decode",
    meaning: "The token's header has `crit` or `b64`; no extension is supported.",
    spec: "RFC 7515 section 4.1.11, RFC 7797 section 6",
  },
  issuer_untrusted: {
    ...INVALID_TOKEN,
    stage: "key",
    meaning: "`iss` is not an issuer that the rule accepts.",
    spec: "RFC 8725 section 3.8",
  },
  algorithm_not_allowed: {
    ...INVALID_TOKEN,
    stage: "key",
    meaning: "`alg` is not among the issuer's algorithms.",
    spec: "RFC 8725 section 3.1",
  },
  key_not_found: {
    ...INVALID_TOKEN,
    stage: "key",
    meaning: "The issuer publishes no key that fits `kid` and `alg`.",
    spec: "RFC 7515 section 6",
  },
  signature_invalid: {
    ...INVALID_TOKEN,
    stage: "verify",
    meaning: "The signature is not valid with the issuer's key.",
    spec: "RFC 7515 section 5.2",
  },
  keys_unavailable: {
    ...UNAVAILABLE,
    stage: "key",
    meaning: "The issuer's keys could not be fetched so far, and there is no usable earlier key set.",
    spec: "RFC 9110 section 15.6.4",
  },
  overloaded: {
    ...UNAVAILABLE,
    stage: "any",
    meaning:
      "The plugin server gets more requests than it can check. Or too many requests wait for keys of the issuer, or for the check of a slow signature (ES384, ES512, long RSA keys).",
    spec: "RFC 9110 section 15.6.4",
  },
  token_type_mismatch: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning: "`typ` is not the issuer's `token_type`.",
    spec: "RFC 9068 section 4, RFC 8725 section 3.11",
  },
  audience_mismatch: {
    ...INVALID,
    stage: "claims",
    clientMessage: "The access token is not meant for this audience",
    meaning: "`aud` contains none of the audiences that the rule accepts.",
    spec: "RFC 7519 section 4.1.3",
  },
  token_not_yet_valid: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning: "`nbf` or `iat` lies in the future beyond the clock skew.",
    spec: "RFC 7519 sections 4.1.5 and 4.1.6",
  },
  token_expired: {
    ...INVALID,
    stage: "claims",
    clientMessage: "The access token expired",
    meaning: "`exp` lies in the past beyond the clock skew.",
    spec: "RFC 7519 section 4.1.4",
  },
  token_too_old: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning: "The token was issued longer ago than the issuer's `max_token_age`, whatever its `exp` says.",
    spec: "RFC 7519 section 4.1.6",
  },
  claim_missing: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning:
      "A claim of the issuer's `required_claims` is absent or has no value. `exp` is always required. `iat` is required if the issuer has `max_token_age` or `max_token_lifetime`.",
    spec: "RFC 7519 section 4",
  },
  claim_invalid: {
    ...INVALID_TOKEN,
    stage: "claims",
    meaning:
      "A registered claim has the wrong type or is out of range, the token's lifetime is more than `max_token_lifetime`, or a claim does not meet the issuer's `required_claims`.",
    spec: "RFC 7519 section 4.1",
  },
  scope_insufficient: {
    stage: "authorize",
    status: 403,
    error: "insufficient_scope",
    clientMessage: "The access token lacks a required scope",
    meaning: "The token lacks at least one scope that the rule requires.",
    spec: "RFC 6750 section 3.1",
  },
  condition_unmet: {
    ...ACCESS_DENIED,
    stage: "authorize",
    meaning:
      "The token lacks a role or group that the rule requires, it has one that the rule excludes, or a claim does not meet the rule's conditions.",
    spec: "RFC 9110 section 15.5.4",
  },
  authentication_insufficient: {
    stage: "authorize",
    status: 401,
    error: "insufficient_user_authentication",
    clientMessage: "A different or more recent authentication is required",
    meaning: "`acr`, `amr` or `auth_time` do not meet the rule's `authentication`; the challenge says what to ask for.",
    spec: "RFC 9470 section 3",
  },
  consumer_unknown: {
    ...ACCESS_DENIED,
    stage: "propagate",
    meaning:
      "The token names no Consumer, Kong has no Consumer with the id or username that the token names, or Kong could not read its database.",
    spec: "docs/guides/identity.md",
  },
  identity_claim_invalid: {
    ...ACCESS_DENIED,
    stage: "propagate",
    meaning:
      "A claim that `identity` names for Kong's credential or groups cannot be used: it is missing, of another type, or too long.",
    spec: "docs/guides/identity.md",
  },
  claim_not_header_safe: {
    ...ACCESS_DENIED,
    stage: "propagate",
    meaning:
      "A mapped claim cannot be sent as a header. It is not a string, number, boolean or list of strings, it is not visible ASCII, or it is too long.",
    spec: "RFC 9110 section 5.5",
  },
  policy_unavailable: {
    ...UNAVAILABLE,
    stage: "any",
    meaning: "The plugin's policy or rule cannot be loaded, so every request is denied.",
    spec: "fail closed",
  },
  deadline_exceeded: {
    ...UNAVAILABLE,
    stage: "any",
    meaning: "The decision took longer than the plugin server's deadline for one request.",
    spec: "fail closed",
  },
  internal_error: {
    stage: "any",
    status: 500,
    clientMessage: "An unexpected error occurred",
    meaning: "The plugin has a defect, or it does not understand an answer from Kong.",
    spec: "fail closed",
  },
} as const satisfies Record<string, DenialRow>;

export type Reason = keyof typeof DENIALS;

/** The public name of a reason: its own, or one that several reasons share. */
export type PublicReason = {
  [R in Reason]: (typeof DENIALS)[R] extends { readonly publicReason: infer Name extends string } ? Name : R;
}[Reason];

/** Values that some reasons add for the client, besides the fixed text. */
interface ReasonArguments {
  scope_insufficient: { readonly requiredScopes: readonly string[] };
  authentication_insufficient: { readonly acrValues: readonly string[]; readonly maxAgeSeconds: number | undefined };
  keys_unavailable: { readonly retryAfterSeconds: number };
}

/** `detail` is for the operator. It has fixed words and names from configuration, never text from the token. */
export type Denial = {
  [R in Reason]: { readonly reason: R; readonly detail?: string } & (R extends keyof ReasonArguments
    ? ReasonArguments[R]
    : unknown);
}[Reason];

/** The row of a denial, typed as the members that every row has. */
export function denialRow(reason: Reason): DenialRow {
  return DENIALS[reason];
}

/** The name of a reason that the client may know. */
export function publicReason(reason: Reason): PublicReason {
  return (denialRow(reason).publicReason ?? reason) as PublicReason;
}

/** How a stage fails. */
export function deny(denial: Denial): Result<never, Denial> {
  return fail(denial);
}
