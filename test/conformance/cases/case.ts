import type { Reason } from "../../../plugin/core/model/denial.ts";
import type { TokenRequest } from "../../../sandbox/demo/identity-provider.ts";

/** Keys of the conformance world; `stranger` is in no policy. */
export type KeyName = "rs256" | "ps256" | "es256" | "eddsa" | "ed25519" | "partner" | "stranger";

/** How to make the token of a case. Times are relative to the run, in seconds. */
export interface TokenRecipe {
  readonly key: KeyName;
  /** Laid over alg, kid and typ; undefined removes one. */
  readonly header?: Readonly<Record<string, unknown>>;
  /** Laid over a valid set of claims; undefined removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly expiresIn?: number;
  readonly notBeforeIn?: number;
  /** Changes the finished token. */
  readonly damage?: "signature" | "payload" | "no_signature" | "padding" | "encrypted_shape";
}

/** The protocol of a request. Over TLS, ALPN selects HTTP/2 and gRPC; without TLS, the client starts with HTTP/2. */
export type Protocol = "http/1.1" | "h2" | "grpc";

/** One request and its complete expected result, the same on every gateway. */
export interface ConformanceCase {
  readonly title: string;
  /** The protocols of the request: HTTP/1.1 and HTTP/2 unless the case is possible only with some protocols. */
  readonly only?: readonly Protocol[];
  /** Whether the request uses the TLS port. */
  readonly overTls?: boolean;
  /** Whether its Route or its Service is for gRPC, which only a Kong has. */
  readonly needsGrpc?: boolean;
  /** Whether the client has an address beyond loopback. */
  readonly fromNetwork?: boolean;
  /** GET, and POST for gRPC, unless given. */
  readonly method?: string;
  readonly path: string;
  /** nginx cuts off log lines before the request's id, if the target alone is longer than a line. */
  readonly cutsLogLine?: true;
  /** Name and value by turns, in this spelling and order; HTTP/2 has all names in lower case. */
  readonly headers?: readonly string[];
  /** Sent as `Authorization: Bearer …`; a string is sent as the whole header value. */
  readonly token?: TokenRecipe | { readonly provider: TokenRequest } | string;
  /** Makes the token that `{token}` stands for in `path`, `headers` and `upstream`. */
  readonly carried?: TokenRecipe;
  readonly status: number;
  /** What the head says where a call gets no answer of the upstream, without being refused by the plugin. */
  readonly grpcStatus?: number;
  /** Reason in the operator's log; absent if the request passes, or if the gateway itself answers. */
  readonly reason?: Reason;
  /** Reason why it would have been refused, in the operator's log, where it passes in report mode. */
  readonly reported?: Reason;
  /** The exact WWW-Authenticate; absent means that there must be none. */
  readonly challenge?: string;
  /** The exact `message` of the answer. */
  readonly message?: string;
  /** Other parts of the gateway's own answer; then no request reaches the upstream. */
  readonly answer?: {
    /** Exact value, or null for none. */
    readonly headers?: Readonly<Record<string, string | null>>;
    /** Members that its JSON has at least; empty for no body. */
    readonly body?: object | "";
  };
  /** Headers that the upstream gets: exact value, or null for none. */
  readonly upstream?: Readonly<Record<string, string | null>>;
  /** Path and query with which it reached the upstream. */
  readonly upstreamUrl?: string;
}

/** A recipe whose token passes everywhere the main issuer does. */
export const GOOD: TokenRecipe = { key: "rs256" };
