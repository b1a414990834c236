import type { Reason } from "../../../plugin/core/model/denial.ts";
import type { TokenRequest } from "../../../sandbox/demo/identity-provider.ts";

/** Keys of the conformance world; `stranger` is in no policy. */
export type KeyName = "rs256" | "ps256" | "es256" | "eddsa" | "ed25519" | "partner" | "stranger";

/** How to make the token of a case. Times are relative to the run, in seconds. */
export interface TokenRecipe {
  /** The name of the signing key; by default `rs256`. */
  readonly key?: KeyName;
  /** Members that are merged into `alg`, `kid` and `typ`. A member that is undefined removes its parameter. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Members that are merged into a valid set of claims. A member that is undefined removes its claim. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly expiresIn?: number;
  readonly notBeforeIn?: number;
  /** Changes the finished token. */
  readonly damage?: "signature" | "payload" | "no_signature" | "padding" | "encrypted_shape";
}

/** The protocol of a request. Over TLS, ALPN selects HTTP/2 and gRPC; without TLS, the client starts with HTTP/2. */
export type Protocol = "http/1.1" | "h2" | "grpc";

/** One request and its complete expected result. The result is the same on every gateway. */
export interface ConformanceCase {
  readonly title: string;
  /**
   * The protocols of the request. They are HTTP/1.1 and HTTP/2, unless the case is possible only with some protocols.
   */
  readonly only?: readonly Protocol[];
  /** Whether the request uses the TLS port. */
  readonly overTls?: boolean;
  /** Whether the request's Route or Service is for gRPC. Only a Kong has such Routes and Services. */
  readonly needsGrpc?: boolean;
  /** Whether the client has an address beyond loopback. */
  readonly fromNetwork?: boolean;
  /** The method. The default is GET; for gRPC, it is POST. */
  readonly method?: string;
  readonly path: string;
  /** nginx cuts off log lines before the request's id, if the target alone is longer than a line. */
  readonly cutsLogLine?: true;
  /** Names and values in turn, in this spelling and order. Over HTTP/2, all names are in lower case. */
  readonly headers?: readonly string[];
  /** Sent as `Authorization: Bearer …`; a string is sent as the whole header value. */
  readonly token?: TokenRecipe | { readonly provider: TokenRequest } | string;
  /** Makes the token that replaces `{token}` in `path`, `headers` and `upstream`. The default is {@link GOOD}. */
  readonly carried?: TokenRecipe;
  readonly status: number;
  /** The head of the answer to a call that the plugin did not refuse, and that the upstream did not answer. */
  readonly grpcStatus?: number;
  /** The reason in the operator's log; absent if the request passes, or if the gateway itself answers. */
  readonly reason?: Reason;
  /** If the request passes only in report mode, the reason in the operator's log. */
  readonly reported?: Reason;
  /** The exact WWW-Authenticate header. If absent, the answer must not have this header. */
  readonly challenge?: string;
  /** The exact `message` of the answer. */
  readonly message?: string;
  /** Other parts of the gateway's own answer. If this member is present, no request reaches the upstream. */
  readonly answer?: {
    /** The exact value; null if the header must be absent. */
    readonly headers?: Readonly<Record<string, string | null>>;
    /** Members that the answer's JSON must have; empty for an answer without a body. */
    readonly body?: object | "";
  };
  /** Headers that the upstream gets. The value is the exact value, or null if the upstream must not get the header. */
  readonly upstream?: Readonly<Record<string, string | null>>;
  /** Path and query of the request that reached the upstream. */
  readonly upstreamUrl?: string;
}

/** A recipe whose token passes everywhere the main issuer does. */
export const GOOD: TokenRecipe = {};

const withError = (error: string, description: string): string =>
  `, error="${error}", error_description="${description}"`;
const INVALID = [401, withError("invalid_token", "The access token is invalid")] as const;
const AUDIENCE = "The access token is not meant for this audience";
const LACKS_SCOPE = "The access token lacks a required scope";

/** The status of each refusal and, if the answer has a challenge, the text behind the realm. */
const ANSWERS: Readonly<Record<string, readonly [status: number, challenge?: string]>> = {
  algorithm_not_allowed: INVALID,
  authentication_insufficient: [
    401,
    withError("insufficient_user_authentication", "A different or more recent authentication is required"),
  ],
  audience_mismatch: [401, withError("invalid_token", AUDIENCE)],
  authorization_malformed: [400, withError("invalid_request", "The Authorization header is malformed")],
  claim_invalid: INVALID,
  claim_missing: INVALID,
  claim_not_header_safe: [403],
  condition_unmet: [403],
  connection_header_refused: [400],
  consumer_unknown: [403],
  credentials_malformed: [400, withError("invalid_request", "The request's credentials are malformed")],
  critical_header_unsupported: INVALID,
  identity_claim_invalid: [403],
  insecure_transport: [403],
  issuer_untrusted: INVALID,
  key_not_found: INVALID,
  keys_unavailable: [503],
  no_matching_rule: [403],
  origin_not_allowed: [403],
  other_authentication_missing: [403],
  path_ambiguous: [400],
  policy_unavailable: [503],
  scope_insufficient: [403, withError("insufficient_scope", LACKS_SCOPE)],
  signature_invalid: INVALID,
  token_ambiguous: [400, withError("invalid_request", "More than one access token was sent")],
  token_encrypted: INVALID,
  token_expired: [401, withError("invalid_token", "The access token expired")],
  token_malformed: INVALID,
  token_missing: [401, ""],
  token_not_yet_valid: INVALID,
  token_too_large: INVALID,
  token_too_old: INVALID,
  token_type_mismatch: INVALID,
};

type Parts = Omit<Partial<ConformanceCase>, "title" | "path" | "reason" | "challenge">;
interface RefusalParts extends Parts {
  readonly realm?: string;
  /** The scope that the challenge names. */
  readonly scope?: string;
  /** The challenge, if it differs from the default challenge of the refusal; null for no challenge. */
  readonly challenge?: string | null;
}

/** Makes refusals of policies with this realm. */
export const refusalsOf =
  (ownRealm: string) =>
  (reason: Reason, title: string, path: string, parts: RefusalParts = {}): ConformanceCase => {
    const answer = ANSWERS[reason];
    if (answer === undefined) {
      throw new Error(`add the status and the challenge of ${reason} to ANSWERS in test/conformance/cases/case.ts`);
    }
    const [status, error] = answer;
    const { realm = ownRealm, scope, challenge: own, ...rest } = parts;
    const named = scope === undefined ? "" : `, scope="${scope}"`;
    const challenge =
      own ?? (error === undefined || own === null ? undefined : `Bearer realm="${realm}"${error}${named}`);
    return { title, path, status, reason, ...(challenge !== undefined && { challenge }), ...rest };
  };

export const refuses = refusalsOf("api");

export const passes = (title: string, path: string, parts: Parts = {}): ConformanceCase => ({
  title,
  path,
  status: 200,
  ...parts,
});

/**
 * The headers that the upstream gets from an unchanged token. Also headers with which clients try to fake these
 * headers.
 */
export const IDENTITY = {
  "x-user-id": "user-1",
  "x-tenant": "acme",
  "x-roles": "admin,auditor",
  "x-scope": "things:read",
};
export const NOBODY = { "x-user-id": null, "x-tenant": null, "x-roles": null, "x-scope": null };
export const SPOOFED = ["X-User-Id", "x_user_id", "x-user_id", "X_TENANT", "x-roles"].flatMap((name) => [name, "evil"]);
export const SPOOFS_GONE = { x_user_id: null, "x-user_id": null, "x_user-id": null, x_tenant: null };
