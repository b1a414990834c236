import type { CompiledRule, Requirements } from "../core/policy.ts";

/** What requests can meet and what asks for a token: of a rule with operations only what stands in them, and nothing public. */
export function listRequirements(rules: readonly CompiledRule[]): readonly Requirements[] {
  const requirements = rules.flatMap((rule) => rule.operations?.values ?? [rule.requirements]);
  return requirements.filter(({ access }) => access !== "public");
}
