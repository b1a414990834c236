import type { LintRule } from "../model/rule.ts";
import { rule } from "./examples.ts";

/**
 * Rules about mistakes in suppressions. The findings come from `offline/lint/suppressions.ts`, and no comment can
 * suppress them.
 */
export const SUPPRESSION_RULES: readonly LintRule[] = [
  {
    id: "suppression_without_reason",
    topic: "suppression",
    severity: "error",
    summary: "A `lint-ignore` comment has no reason.",
    why: "The next reader must be able to judge whether the finding may still be ignored. Write `# lint-ignore RULE: reason`.",
    bad: rule("required_scopes: [orders:read]\nmode: report # lint-ignore report_mode"),
    good: rule("required_scopes: [orders:read]\nmode: report # lint-ignore report_mode: until the launch on 1 June"),
  },
  {
    id: "suppression_unknown",
    topic: "suppression",
    severity: "error",
    summary: "A `lint-ignore` comment names a rule that does not exist.",
    why: "The comment has no effect. Correct the name of the rule.",
    bad: rule("required_scopes: [orders:read] # lint-ignore wildcard: the provider has such scopes"),
    good: rule('required_scopes: ["orders:*"] # lint-ignore wildcard_literal: the provider has such scopes'),
  },
  {
    id: "suppression_unused",
    topic: "suppression",
    severity: "error",
    summary: "A `lint-ignore` comment suppresses nothing.",
    why: "If the rule later has a finding in this line, the comment would hide the new finding. Remove the comment.",
    bad: rule("required_scopes: [orders:read]\nmode: enforce # lint-ignore report_mode: until the launch on 1 June"),
    good: rule("required_scopes: [orders:read]\nmode: enforce"),
  },
];
