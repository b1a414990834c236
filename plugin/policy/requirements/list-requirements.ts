import type { CompiledRule, Requirements } from "../../core/model/policy.ts";

/**
 * All requirements whose `access` is not public. For a rule with operations, the list has only the requirements of
 * these operations.
 */
export function listRequirements(rules: readonly CompiledRule[]): readonly Requirements[] {
  const requirements = rules.flatMap((rule) => rule.operations?.values ?? [rule.requirements]);
  return requirements.filter(({ access }) => access !== "public");
}
