import type {
  Fit,
  Operation,
  OperationNode,
  OperationTree,
  Subtree,
  TemplateSegment,
} from "../model/operation-tree.ts";
import { toLenientTemplate } from "./path-spellings.ts";
import { MAX_PATH_SEGMENTS } from "./request-path.ts";

/**
 * Builds the tree. Callers must check for overlaps first: if two operations have the same method and template, the
 * later one replaces the earlier one.
 *
 * @param isLayered whether another spelling of a path may lead to a more specific operation.
 */
export function buildOperationTree<T>(operations: readonly Operation<T>[], isLayered: boolean): OperationTree<T> {
  const lenient = (operation: Operation<T>): Operation<T> => ({
    ...operation,
    segments: toLenientTemplate(operation.segments),
  });
  return {
    values: operations.map(({ value }) => value),
    root: buildNodes(operations),
    lenientRoot: isLayered ? buildNodes(operations.map(lenient)) : undefined,
  };
}

/** The methods that an operation matches. GET covers HEAD (RFC 9110 section 9.3.2). */
export function methodsCovered(methods: readonly string[]): ReadonlySet<string> {
  return new Set(methods.includes("GET") ? [...methods, "HEAD"] : methods);
}

/**
 * The most specific template for a path, or undefined. Two templates are compared only by the first segment in which
 * they differ. From most to least specific, the kinds of segments are: literal text, a placeholder with literal text, a
 * placeholder, a subtree. Method names are case-sensitive (RFC 9110 section 9.1).
 *
 * One walk visits each node at most once. The compiler rejects a rule if {@link longestWalk} is too large for its
 * operations.
 */
export function findOperation<T>(root: OperationNode<T>, method: string, path: readonly string[]): Fit<T> | undefined {
  return path.length > MAX_PATH_SEGMENTS ? undefined : descend(root, method, path, 0);
}

/** The largest number of steps that finding an operation can take, whatever the path. */
export function longestWalk<T>({ literals, affixed, placeholder }: OperationNode<T>): number {
  const afterLiteral = [...(literals?.values() ?? [])].map((node) => longestWalk(node));
  const afterAffixed = (affixed ?? []).map(({ node }) => 1 + longestWalk(node));
  const afterPlaceholder = placeholder ? longestWalk(placeholder) : 0;
  return 1 + Math.max(0, ...afterLiteral) + afterAffixed.reduce((sum, steps) => sum + steps, 0) + afterPlaceholder;
}

function descend<T>(
  node: OperationNode<T>,
  method: string,
  path: readonly string[],
  depth: number,
): Fit<T> | undefined {
  const segment = path[depth];
  if (segment === undefined) {
    return node.byMethod?.get(method) ?? node.subtrees?.get(method)?.start;
  }
  const literal = node.literals?.get(segment);
  const fit = literal && descend(literal, method, path, depth + 1);
  if (fit) {
    return fit;
  }
  const subtree = node.subtrees?.get(method);
  if (segment === "") {
    return subtree?.start;
  }
  return descendPlaceholders(node, method, path, depth, segment) ?? subtree?.below;
}

function descendPlaceholders<T>(
  { affixed, placeholder }: OperationNode<T>,
  method: string,
  path: readonly string[],
  depth: number,
  segment: string,
): Fit<T> | undefined {
  for (const { prefix, suffix, node } of affixed ?? []) {
    const fit = fitsAffixes(segment, prefix, suffix) ? descend(node, method, path, depth + 1) : undefined;
    if (fit) {
      return fit;
    }
  }
  return placeholder && descend(placeholder, method, path, depth + 1);
}

function fitsAffixes(segment: string, prefix: string, suffix: string): boolean {
  return segment.length > prefix.length + suffix.length && segment.startsWith(prefix) && segment.endsWith(suffix);
}

function buildNodes<T>(operations: readonly Operation<T>[]): OperationNode<T> {
  const root: OperationNode<T> = {};
  for (const { methods, segments, value } of operations) {
    let node = root;
    for (const segment of segments) {
      node = childFor(node, segment);
    }
    const fit: Fit<T> = { segments, value };
    if (segments.at(-1)?.kind === "subtree") {
      const start: Fit<T> = { segments, value: undefined };
      node.subtrees = addForMethods<Subtree<T>>(node.subtrees, methods, { below: fit, start });
    } else {
      node.byMethod = addForMethods<Fit<T>>(node.byMethod, methods, fit);
    }
  }
  return root;
}

function addForMethods<V>(byMethod: Map<string, V> | undefined, methods: readonly string[], value: V): Map<string, V> {
  const added = byMethod ?? new Map<string, V>();
  for (const method of methodsCovered(methods)) {
    added.set(method, value);
  }
  return added;
}

/** A subtree has no node of its own, because a subtree is always the last segment of a template. */
function childFor<T>(node: OperationNode<T>, segment: TemplateSegment): OperationNode<T> {
  switch (segment.kind) {
    case "literal":
      return literalChild(node, segment.text);
    case "affixed":
      return affixedChild(node, segment.prefix, segment.suffix);
    case "placeholder":
      node.placeholder ??= {};
      return node.placeholder;
    case "subtree":
      return node;
  }
}

function literalChild<T>(node: OperationNode<T>, text: string): OperationNode<T> {
  node.literals ??= new Map();
  const child = node.literals.get(text) ?? {};
  node.literals.set(text, child);
  return child;
}

function affixedChild<T>(node: OperationNode<T>, prefix: string, suffix: string): OperationNode<T> {
  node.affixed ??= [];
  const known = node.affixed.find((other) => other.prefix === prefix && other.suffix === suffix);
  if (known) {
    return known.node;
  }
  const child: OperationNode<T> = {};
  node.affixed.push({ prefix, suffix, node: child });
  return child;
}
