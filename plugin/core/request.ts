/** What the pipeline may know of a request: read once, before anything is decided. */
export interface RequestFacts {
  readonly binding: Binding;
  /** The client's request line. Undefined when it does not have the usual form. */
  readonly requestLine: RequestLine | undefined;
  /** All `Connection` headers, joined with commas; undefined when there is none. */
  readonly connection: string | undefined;
  /** The `Authorization` header; undefined when absent, and Kong can not tell absent from empty. */
  readonly authorization: string | undefined;
  /**
   * Other header fields, by name in lower case; no entry when absent or empty. Several lines are one text, joined with commas
   * (cookies with semicolons), and names that differ in `-` and `_` only may count as one.
   */
  readonly headers: ReadonlyMap<string, string>;
  readonly transport: Transport;
  /** Kong's id of the request, which it also tells the client; undefined when asking costs a call. */
  readonly requestId: string | undefined;
  /** The client's address, by which overload is shared out; absent when asking costs a call. */
  readonly client?: string;
}

/**
 * How the request came: over TLS, be it that a proxy which Kong trusts says so; from this machine; or else over the network in
 * plain. `plain` too where no rule needs to know and asking costs a call.
 */
export type Transport = "tls" | "loopback" | "plain";

export interface RequestLine {
  readonly method: string;
  /** Path and query exactly as sent: neither decoded nor normalised. */
  readonly target: string;
}

/**
 * How a request is bound to a rule of the policy: the plugin's configuration names the rule, or the Kong Route does, by
 * its name or else by a tag.
 */
export type Binding =
  | { readonly by: "rule"; readonly rule: string }
  | { readonly by: "route"; readonly name: string | undefined; readonly tags: readonly string[] };

/** A Kong Route tag that names a rule starts with this. */
export const RULE_TAG_PREFIX = "jwt-policy-rule:";
