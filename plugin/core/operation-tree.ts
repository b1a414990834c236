/**
 * Operations of one rule, by method and path template. Templates are disjoint (the compiler refuses others), so at most
 * one operation fits a request and no order of precedence has to be known.
 */

/** A path template's step: literal text, or undefined for a placeholder that takes exactly one non-empty segment. */
export type TemplateSegment = string | undefined;

export interface OperationTree<T> {
  /** Of all operations. */
  readonly values: readonly T[];
  readonly byMethod: ReadonlyMap<string, OperationNode<T>>;
}

interface OperationNode<T> {
  readonly literals: Map<string, OperationNode<T>>;
  placeholder: OperationNode<T> | undefined;
  value: T | undefined;
}

export interface Operation<T> {
  /** Upper case. */
  readonly methods: readonly string[];
  readonly segments: readonly TemplateSegment[];
  readonly value: T;
}

const createNode = <T>(): OperationNode<T> => ({ literals: new Map(), placeholder: undefined, value: undefined });

/** Builds the tree. A later operation for the same method and template would replace an earlier one: check before. */
export function buildOperationTree<T>(operations: readonly Operation<T>[]): OperationTree<T> {
  const byMethod = new Map<string, OperationNode<T>>();
  for (const operation of operations) {
    for (const method of methodsCovered(operation.methods)) {
      let node = byMethod.get(method);
      if (!node) {
        node = createNode();
        byMethod.set(method, node);
      }
      for (const segment of operation.segments) {
        node = childFor(node, segment);
      }
      node.value = operation.value;
    }
  }
  return { byMethod, values: operations.map(({ value }) => value) };
}

/** The methods an operation answers for: GET covers HEAD (RFC 9110 section 9.3.2). */
export function methodsCovered(methods: readonly string[]): ReadonlySet<string> {
  return new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);
}

/** The value of the one operation that fits, or undefined. Method names are case-sensitive (RFC 9110 section 9.1). */
export function findOperation<T>(tree: OperationTree<T>, method: string, segments: readonly string[]): T | undefined {
  const node = tree.byMethod.get(method);
  return node && descend(node, segments, 0);
}

function descend<T>(node: OperationNode<T>, segments: readonly string[], depth: number): T | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    return node.value;
  }
  const literal = node.literals.get(segment);
  const found = literal && descend(literal, segments, depth + 1);
  if (found !== undefined || node.placeholder === undefined || segment === "") {
    return found;
  }
  return descend(node.placeholder, segments, depth + 1);
}

function childFor<T>(node: OperationNode<T>, segment: TemplateSegment): OperationNode<T> {
  if (segment === undefined) {
    node.placeholder ??= createNode();
    return node.placeholder;
  }
  let child = node.literals.get(segment);
  if (!child) {
    child = createNode();
    node.literals.set(segment, child);
  }
  return child;
}
