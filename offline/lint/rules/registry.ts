import type { LintRule } from "../model/rule.ts";
import { ISSUER_RULES } from "./issuer-rules.ts";
import { KONG_RULES } from "./kong-rules.ts";
import { REQUIREMENT_RULES } from "./requirement-rules.ts";
import { SUPPRESSION_RULES } from "./suppression-rules.ts";
import { TEXT_RULES } from "./text-rules.ts";
import { TOKEN_RULES } from "./token-rules.ts";

/** All rules of `kong-jwt-policy lint`, in the order of the reference page. */
export const LINT_RULES: readonly LintRule[] = [
  ...TEXT_RULES,
  ...ISSUER_RULES,
  ...REQUIREMENT_RULES,
  ...TOKEN_RULES,
  ...KONG_RULES,
  ...SUPPRESSION_RULES,
];

const BY_ID: ReadonlyMap<string, LintRule> = new Map(LINT_RULES.map((rule) => [rule.id, rule]));

export function findLintRule(id: string): LintRule | undefined {
  return BY_ID.get(id);
}

/** The place in the reference page that describes a lint rule. */
export function pageOf({ id }: LintRule): string {
  return `docs/reference/lint.md#${id}`;
}
