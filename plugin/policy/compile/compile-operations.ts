import type { Operation, OperationTree } from "../../core/model/operation-tree.ts";
import type { Requirements } from "../../core/model/policy.ts";
import { buildOperationTree, methodsCovered } from "../../core/request/operation-tree.ts";
import { quoteText } from "../../core/text/printable.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { parsePathTemplate, templatesOverlap } from "../language/path-template.ts";

/** One operation of the document, with its requirements after defaults. */
export interface OperationSource {
  readonly methods: readonly string[];
  readonly path: string;
  readonly requirements: Requirements;
}

interface CoveredOperation extends Operation<Requirements> {
  readonly path: string;
  readonly covered: ReadonlySet<string>;
}

/** Compiles the operations of one rule. No two of them may match the same request. */
export function compileOperations(
  sources: readonly OperationSource[],
  path: DocumentPath,
): { readonly tree: OperationTree<Requirements>; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const operations: CoveredOperation[] = [];
  for (const [index, source] of sources.entries()) {
    const parsed = parsePathTemplate(source.path);
    if (!parsed.ok) {
      const message = `The path template ${quoteText(source.path)} cannot be used. ${parsed.failure}`;
      findings.push({ code: "path_template_invalid", path: [...path, index, "path"], message });
      continue;
    }
    const covered = methodsCovered(source.methods);
    const operation = { ...source, covered, segments: parsed.value, value: source.requirements };
    const twin = operations.find((other) => overlap(other, operation));
    if (twin) {
      const message = `${describe(source)} and ${describe(twin)} can fit the same request; make them disjoint.`;
      findings.push({ code: "operations_overlap", path: [...path, index, "path"], message });
    }
    operations.push(operation);
  }
  return { tree: buildOperationTree(operations), findings };
}

function overlap(a: CoveredOperation, b: CoveredOperation): boolean {
  return templatesOverlap(a.segments, b.segments) && [...b.covered].some((method) => a.covered.has(method));
}

function describe({ methods, path }: { readonly methods: readonly string[]; readonly path: string }): string {
  return `${methods.join("/")} ${path}`;
}
