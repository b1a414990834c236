/**
 * Operations of one rule, by method and path template. If several operations fit a request, the most specific path
 * wins, so the order in the document does not matter. If two operations fit the same request and neither is more
 * specific, the compiler rejects both.
 */

/** One segment of a path template. The most specific kind comes first. */
export type TemplateSegment =
  | { readonly kind: "literal"; readonly text: string }
  /**
   * A placeholder with text before or after it: `{id}:cancel`, `v{version}`. The placeholder matches at least one
   * character.
   */
  | { readonly kind: "affixed"; readonly prefix: string; readonly suffix: string }
  /** Matches exactly one segment that is not empty. */
  | { readonly kind: "placeholder" }
  /**
   * Matches the rest of the path, which must have at least one segment. A slash at the end is not enough. A segment of
   * this kind is always the last segment of a template.
   */
  | { readonly kind: "subtree" };

export interface OperationTree<T> {
  /** The values of all operations. */
  readonly values: readonly T[];
  readonly root: OperationNode<T>;
  /**
   * The same operations, but each template is written as lenient servers read it: see path-spellings.ts. The tree is
   * undefined if no other spelling of a path can lead to a more specific operation.
   */
  readonly lenientRoot: OperationNode<T> | undefined;
}

/**
 * One segment of the path templates. Maps are created only when needed, because large policies have tens of thousands
 * of nodes.
 */
export interface OperationNode<T> {
  literals?: Map<string, OperationNode<T>>;
  affixed?: { readonly prefix: string; readonly suffix: string; readonly node: OperationNode<T> }[];
  placeholder?: OperationNode<T>;
  /** The operations whose templates end at this node, by method. */
  byMethod?: Map<string, Fit<T>>;
  /** The operations that match all paths below this node, by method. */
  subtrees?: Map<string, Subtree<T>>;
}

export interface Subtree<T> {
  readonly below: Fit<T>;
  /**
   * Matches the path at which the subtree begins, with or without a slash at its end. `value` is undefined, because no
   * operation has exactly this path.
   */
  readonly start: Fit<T>;
}

/** The operation that fits a path and a method. */
export interface Fit<T> {
  readonly segments: readonly TemplateSegment[];
  /**
   * The value of the operation; undefined if the template of the path is only the start of a subtree. A less specific
   * operation must not match such a path.
   */
  readonly value: T | undefined;
}

export interface Operation<T> {
  /** HTTP methods in upper case. */
  readonly methods: readonly string[];
  readonly segments: readonly TemplateSegment[];
  readonly value: T;
}
