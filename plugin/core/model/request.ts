/** All that the pipeline knows about a request. The plugin reads these facts once, before any decision. */
export interface RequestFacts {
  readonly binding: Binding;
  /** The client's request line; undefined when it is malformed. */
  readonly requestLine: RequestLine | undefined;
  /** All `Connection` headers, joined with commas; undefined when absent. */
  readonly connection: string | undefined;
  /** The `Authorization` header; undefined when absent or empty, because Kong cannot distinguish the two. */
  readonly authorization: string | undefined;
  /**
   * All header fields except `Authorization`, by name in lower case. Absent and empty fields are not in the map. If a
   * field has several lines, they are joined with commas (cookies with semicolons). Header names that differ only in
   * `-` and `_` may be merged into one name.
   */
  readonly headers: ReadonlyMap<string, string>;
  readonly transport: Transport;
  /** Kong's id of the request, which the client gets too; undefined when reading it would cost a call. */
  readonly requestId: string | undefined;
  /** The client's address, used to divide capacity among clients under overload; absent when reading it would cost a call. */
  readonly client?: string;
}

/**
 * How the request came: over TLS (directly, or as reported by a proxy that Kong trusts), from this machine, or over the
 * network in clear text. The value is also `plain` if no rule needs to know the transport, and the plugin would need a
 * call to Kong to find out.
 */
export type Transport = "tls" | "loopback" | "plain";

/**
 * Maximum number of characters. The plugin does not read a longer path, or the query of a longer target. For HTTP/1.1,
 * nginx has the same limit. But over HTTP/2, a target may be four times as long.
 */
export const MAX_TARGET_LENGTH = 8_192;

export interface RequestLine {
  readonly method: string;
  /** Path and query exactly as sent: neither decoded nor normalised. */
  readonly target: string;
}

/**
 * What binds a request to a rule of the policy: the rule's name in the plugin's configuration, the Kong Route's name, or a tag of
 * the Route.
 */
export type Binding =
  | { readonly by: "rule"; readonly rule: string }
  | { readonly by: "route"; readonly name: string | undefined; readonly tags: readonly string[] };

/** The prefix of a Kong Route tag that names a rule. */
export const RULE_TAG_PREFIX = "jwt-policy-rule:";
