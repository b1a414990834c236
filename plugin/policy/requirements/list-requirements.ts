import type { CompiledRule, Requirements } from "../../core/model/policy.ts";

/** All requirements that are not public. For a rule with operations, only those of its operations. */
export function listRequirements(rules: readonly CompiledRule[]): readonly Requirements[] {
  const requirements = rules.flatMap((rule) => rule.operations?.values ?? [rule.requirements]);
  return requirements.filter(({ access }) => access !== "public");
}
