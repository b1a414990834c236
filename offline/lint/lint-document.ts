import type { Finding } from "../../plugin/policy/language/finding.ts";
import { lintPolicy } from "../../plugin/policy/lint/lint-policy.ts";
import { findShadowed } from "../../plugin/policy/requirements/find-shadowed.ts";
import type { PolicyDocument } from "../../schema/generated/policy-document.ts";
import { findLintRule, LINT_RULES } from "./rules/registry.ts";

/**
 * Runs all lint rules that need only the policy. Each finding has a path in the document.
 *
 * @param document a valid policy document.
 */
export function lintDocument(document: PolicyDocument): readonly Finding[] {
  const shared = [...findShadowed(document), ...lintPolicy(document)].map((finding) => ({
    ...finding,
    severity: findLintRule(finding.code)?.severity ?? "warning",
  }));
  return [...shared, ...lintRisks(document)];
}

/** Runs only the lint rules that `validate` does not check. */
export function lintRisks(document: PolicyDocument): readonly Finding[] {
  return LINT_RULES.flatMap(({ id, severity, check }) =>
    (check?.(document) ?? []).map((place): Finding => ({ code: id, severity, ...place })),
  );
}
