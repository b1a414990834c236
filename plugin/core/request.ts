/** What the pipeline may know of a request: read once, before anything is decided. */
export interface RequestFacts {
  readonly binding: Binding;
  /** The client's request line. Undefined when it has not the usual form, or when no rule needs it and asking costs a call. */
  readonly requestLine: RequestLine | undefined;
  /** All `Connection` headers, joined with commas; undefined when there is none. */
  readonly connection: string | undefined;
  /** The `Authorization` header; undefined when absent, and Kong can not tell absent from empty. */
  readonly authorization: string | undefined;
}

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
