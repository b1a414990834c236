import type { Operation, PolicyDocument, Rule } from "../../../schema/generated/policy-document.ts";
import type { CompiledRule } from "../../core/model/policy.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import { checkAcceptNamed, checkNeeded, checkSource } from "../requirements/check-requirements.ts";
import { compileRequirements } from "../requirements/compile-requirements.ts";
import type { PlacedSource } from "../requirements/settle-requirements.ts";
import { compileOperations, type OperationSource } from "./compile-operations.ts";

/** Compiles all rules, in the order of the document. */
export function compileRules(document: PolicyDocument): {
  readonly rules: readonly CompiledRule[];
  readonly findings: readonly Finding[];
} {
  const compiled = Object.entries(document.routes).map(([id, rule]) =>
    rule.operations ? compileRuleOfOperations(id, rule, rule.operations, document) : compileRule(id, rule, document),
  );
  return { rules: compiled.map(({ rule }) => rule), findings: compiled.flatMap(({ findings }) => findings) };
}

interface Compiled {
  readonly rule: CompiledRule;
  readonly findings: readonly Finding[];
}

function compileRule(id: string, rule: Rule, document: PolicyDocument): Compiled {
  const own: PlacedSource = { source: rule, path: ["routes", id] };
  const { requirements, findings } = compileRequirements([own, defaultsOf(document)], document);
  return {
    rule: { id, operations: undefined, requirements },
    findings: [
      ...checkSource(own, document),
      ...findings,
      ...checkNeeded(rule, requirements.access === "public", own.path),
      ...checkAcceptNamed(requirements, [rule], document, own.path),
    ],
  };
}

/** Each operation inherits the requirements that its rule has. */
function compileRuleOfOperations(
  id: string,
  rule: Rule,
  operations: readonly Operation[],
  document: PolicyDocument,
): Compiled {
  const own: PlacedSource = { source: rule, path: ["routes", id] };
  const path: DocumentPath = [...own.path, "operations"];
  const { requirements } = compileRequirements([own, defaultsOf(document)], document);
  const compiled = operations.map((operation, index) =>
    compileOperation({ source: operation, path: [...path, index] }, operation, own, document),
  );
  const sources = compiled.map(({ source }) => source);
  const tree = compileOperations(sources, path);
  // If no operation inherits the rule's own requirements, these requirements have no effect.
  const isPublic = sources.every((source) => source.requirements.access === "public");
  return {
    rule: { id, operations: tree.tree, requirements },
    findings: [
      ...checkSource(own, document),
      ...compiled.flatMap(({ findings }) => findings),
      ...checkNeeded(rule, isPublic, own.path),
      ...tree.findings,
    ],
  };
}

/**
 * @param rule the rule that the operation belongs to. The operation inherits first from the rule, and then from the defaults.
 */
function compileOperation(
  placed: PlacedSource,
  { methods, path }: Operation,
  rule: PlacedSource,
  document: PolicyDocument,
): { readonly source: OperationSource; readonly findings: readonly Finding[] } {
  const sources = [placed, rule, defaultsOf(document)];
  const { requirements, findings } = compileRequirements(sources, document, path);
  return {
    source: { methods, path, requirements },
    findings: [
      ...checkSource(placed, document),
      ...findings,
      ...checkNeeded(placed.source, requirements.access === "public", placed.path),
      ...checkAcceptNamed(requirements, [placed.source, rule.source], document, placed.path),
    ],
  };
}

function defaultsOf({ defaults = {} }: PolicyDocument): PlacedSource {
  return { source: defaults, path: ["defaults"] };
}
