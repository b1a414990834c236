import type { Fit, OperationNode, TemplateSegment } from "../../core/model/operation-tree.ts";
import type { CompiledRule, Requirements } from "../../core/model/policy.ts";

/** A group of requests with the same requirements: all requests of a rule, or all requests of one operation. */
export interface Operation {
  /**
   * The methods of the operation; undefined for a rule without operations, because such a rule does not decide by
   * method.
   */
  readonly methods: readonly string[] | undefined;
  /**
   * The path of the operation; undefined for a rule without operations, because such a rule does not decide by path.
   */
  readonly segments: readonly TemplateSegment[] | undefined;
  readonly requirements: Requirements;
}

/** Lists the operations of a rule. A rule without operations is one entry. */
export function listOperations(rule: CompiledRule): readonly Operation[] {
  if (rule.operations === undefined) {
    return [{ methods: undefined, segments: undefined, requirements: rule.requirements }];
  }
  return listNode(rule.operations.root);
}

function listNode(node: OperationNode<Requirements>): readonly Operation[] {
  const subtrees = [...(node.subtrees ?? [])].map(([method, { below }]) => [method, below] as const);
  const byFit = new Map<Fit<Requirements>, string[]>();
  for (const [method, fit] of [...(node.byMethod ?? []), ...subtrees]) {
    byFit.set(fit, [...(byFit.get(fit) ?? []), method]);
  }
  const own = [...byFit].flatMap(([{ segments, value }, methods]) =>
    value === undefined ? [] : [{ methods, segments, requirements: value }],
  );
  const children = [
    ...(node.literals?.values() ?? []),
    ...(node.affixed ?? []).map((affixed) => affixed.node),
    ...(node.placeholder === undefined ? [] : [node.placeholder]),
  ];
  return [...own, ...children.flatMap(listNode)];
}

/**
 * Writes an operation's path in the form that policies use, without the names of its placeholders: `/refunds/{}`,
 * `/files/{...}`.
 */
export function describePath(segments: readonly TemplateSegment[]): string {
  return `/${segments.map((segment) => fillSegment(segment, segment.kind === "subtree" ? "{...}" : "{}")).join("/")}`;
}

/**
 * @param text the text in place of the placeholder, if the segment has a placeholder.
 */
export function fillSegment(segment: TemplateSegment, text: string): string {
  switch (segment.kind) {
    case "literal":
      return segment.text;
    case "affixed":
      return `${segment.prefix}${text}${segment.suffix}`;
    default:
      return text;
  }
}
