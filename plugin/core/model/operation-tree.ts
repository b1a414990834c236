/**
 * Operations of one rule, by method and path template. Templates are disjoint (the compiler rejects others). So at most
 * one operation fits a request, and their order does not matter.
 */

/** One step of a path template: literal text, or undefined for a placeholder. A placeholder matches exactly one non-empty segment. */
export type TemplateSegment = string | undefined;

export interface OperationTree<T> {
  /** The values of all operations. */
  readonly values: readonly T[];
  readonly root: OperationNode<T>;
}

/** One step of the paths. Maps are created only when needed, because large policies have tens of thousands of nodes. */
export interface OperationNode<T> {
  literals?: Map<string, OperationNode<T>>;
  placeholder?: OperationNode<T>;
  /** The operations whose path ends here, by method. */
  byMethod?: Map<string, T>;
}

export interface Operation<T> {
  /** Upper case. */
  readonly methods: readonly string[];
  readonly segments: readonly TemplateSegment[];
  readonly value: T;
}
