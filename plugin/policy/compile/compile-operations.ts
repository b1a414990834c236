import type { Operation, OperationTree, TemplateSegment } from "../../core/model/operation-tree.ts";
import type { Requirements } from "../../core/model/policy.ts";
import { buildOperationTree, longestWalk, methodsCovered } from "../../core/request/operation-tree.ts";
import { toLenientTemplate } from "../../core/request/path-spellings.ts";
import { compareSpecificity, templatesOverlap } from "../../core/request/specificity.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { badPathFinding, parsePathTemplate } from "../language/path-template.ts";

/** One operation of a policy document, with its requirements. The requirements include all defaults. */
export interface OperationSource {
  readonly methods: readonly string[];
  readonly path: string;
  readonly requirements: Requirements;
}

/**
 * The search for a request's operation takes at most this many steps. Usual policies need fewer than a hundred steps.
 */
const MAX_STEPS = 1_000;

interface CoveredOperation extends Operation<Requirements> {
  readonly path: string;
  readonly covered: ReadonlySet<string>;
  /** The operation's path, in all forms in which lenient servers may read it. */
  readonly lenient: readonly (readonly TemplateSegment[])[];
}

/**
 * Compiles the operations of one rule. If two operations match the same request, one of their two paths must be more
 * specific.
 */
export function compileOperations(
  sources: readonly OperationSource[],
  path: DocumentPath,
): { readonly tree: OperationTree<Requirements>; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const operations: CoveredOperation[] = [];
  let isLayered = false;
  for (const [index, source] of sources.entries()) {
    const parsed = parsePathTemplate(source.path);
    if (!parsed.ok) {
      findings.push(badPathFinding(source.path, [...path, index, "path"], parsed.failure));
      continue;
    }
    const covered = methodsCovered(source.methods);
    const lenient = widen(parsed.value);
    const { methods, path: template, requirements: value } = source;
    const operation = { methods, path: template, covered, lenient, segments: parsed.value, value };
    const sharing = operations.filter((other) => sharesMethod(other, operation));
    isLayered ||= sharing.some((other) => canMislead(other, operation));
    const twin = sharing.find((other) => isUndecided(other, operation));
    if (twin) {
      const message = `${describe(source)} and ${describe(twin)} can fit the same request, and neither path is more specific; make them disjoint.`;
      findings.push({ code: "operations_overlap", path: [...path, index, "path"], message });
    }
    operations.push(operation);
  }
  const tree = buildOperationTree(operations, isLayered);
  return { tree, findings: [...findings, ...checkSteps(tree, path)] };
}

function sharesMethod(a: CoveredOperation, b: CoveredOperation): boolean {
  for (const method of b.covered) {
    if (a.covered.has(method)) {
      return true;
    }
  }
  return false;
}

function isUndecided(a: CoveredOperation, b: CoveredOperation): boolean {
  return compareSpecificity(a.segments, b.segments) === 0 && templatesOverlap(a.segments, b.segments);
}

/** Whether some server may mistake a spelling of one operation's path for the path of the other operation. */
function canMislead(a: CoveredOperation, b: CoveredOperation): boolean {
  return (
    compareSpecificity(a.segments, b.segments) !== 0 &&
    a.lenient.some((one) => b.lenient.some((other) => templatesOverlap(one, other)))
  );
}

/**
 * A server may read the text around a placeholder in any spelling, so the whole segment becomes a placeholder. The path
 * at which a subtree starts belongs to the subtree, so the result has one more template for this path.
 */
function widen(segments: readonly TemplateSegment[]): readonly (readonly TemplateSegment[])[] {
  const lenient = toLenientTemplate(segments).map(
    (segment): TemplateSegment => (segment.kind === "affixed" ? { kind: "placeholder" } : segment),
  );
  return lenient.at(-1)?.kind === "subtree" ? [lenient, lenient.slice(0, -1)] : [lenient];
}

function checkSteps({ root, lenientRoot = {} }: OperationTree<unknown>, path: DocumentPath): Finding[] {
  const steps = Math.max(longestWalk(root), longestWalk(lenientRoot));
  const message = `Too many paths with names in braces fit the same requests. Finding the operation could take ${steps} steps; at most ${MAX_STEPS} are allowed. Divide the operations among several rules.`;
  return steps > MAX_STEPS ? [{ code: "operations_overlap", path, atKey: true, message }] : [];
}

function describe({ methods, path }: { readonly methods: readonly string[]; readonly path: string }): string {
  return `${methods.join("/")} ${path}`;
}
