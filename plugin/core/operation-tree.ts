/**
 * Operations of one rule, by method and path template. Templates are disjoint (the compiler rejects others). So at most
 * one operation fits a request, and their order does not matter.
 */

/** A path template's step: literal text, or undefined for a placeholder that takes exactly one non-empty segment. */
export type TemplateSegment = string | undefined;

export interface OperationTree<T> {
  /** The values of all operations. */
  readonly values: readonly T[];
  readonly root: OperationNode<T>;
}

/** One step of the paths. Maps are created only when needed, because large policies have tens of thousands of nodes. */
interface OperationNode<T> {
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

/** Builds the tree. Check for overlaps first: a later operation for the same method and template replaces an earlier one. */
export function buildOperationTree<T>(operations: readonly Operation<T>[]): OperationTree<T> {
  const root: OperationNode<T> = {};
  for (const { methods, segments, value } of operations) {
    let node = root;
    for (const segment of segments) {
      node = childFor(node, segment);
    }
    node.byMethod ??= new Map();
    for (const method of methodsCovered(methods)) {
      node.byMethod.set(method, value);
    }
  }
  return { root, values: operations.map(({ value }) => value) };
}

/** The methods an operation answers for: GET covers HEAD (RFC 9110 section 9.3.2). */
export function methodsCovered(methods: readonly string[]): ReadonlySet<string> {
  return new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);
}

/** The value of the one operation that matches, or undefined. Method names are case-sensitive (RFC 9110 section 9.1). */
export function findOperation<T>(tree: OperationTree<T>, method: string, segments: readonly string[]): T | undefined {
  return descend(tree.root, method, segments, 0);
}

function descend<T>(node: OperationNode<T>, method: string, segments: readonly string[], depth: number): T | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    return node.byMethod?.get(method);
  }
  const literal = node.literals?.get(segment);
  const found = literal && descend(literal, method, segments, depth + 1);
  if (found !== undefined || node.placeholder === undefined || segment === "") {
    return found;
  }
  return descend(node.placeholder, method, segments, depth + 1);
}

function childFor<T>(node: OperationNode<T>, segment: TemplateSegment): OperationNode<T> {
  if (segment === undefined) {
    node.placeholder ??= {};
    return node.placeholder;
  }
  node.literals ??= new Map();
  let child = node.literals.get(segment);
  if (!child) {
    child = {};
    node.literals.set(segment, child);
  }
  return child;
}
