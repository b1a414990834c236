import type { Operation, OperationNode, OperationTree, TemplateSegment } from "../model/operation-tree.ts";

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

/** The methods that an operation matches. GET covers HEAD (RFC 9110 section 9.3.2). */
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
