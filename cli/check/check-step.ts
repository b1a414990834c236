import type { Finding } from "../../plugin/policy/language/finding.ts";
import type { ReportedCase } from "../findings/report.ts";

export type StepName = "validate" | "kong.yml" | "lint" | "test" | "diff";

/** The findings of one step of `check`. */
export interface CheckStep {
  readonly name: StepName;
  /** `incomplete`: the step could not do all of its work, so the result of the step is not known. */
  readonly status: "passed" | "failed" | "incomplete" | "skipped";
  /** The lines of the text report. */
  readonly summary: readonly string[];
  readonly findings: readonly Finding[];
  readonly cases: readonly ReportedCase[];
  /** Additional members of the JSON report. */
  readonly details?: unknown;
}

/** The steps that did not run, each with the reason. */
export function skipStep(name: StepName, reason: string): CheckStep {
  return { name, status: "skipped", summary: [reason], findings: [], cases: [] };
}

/** The result of a step that could not do its work. */
export function incompleteStep(name: StepName, why: string): CheckStep {
  const finding: Finding = { code: "check_incomplete", message: `${name} could not run: ${why}` };
  return { name, status: "incomplete", summary: ["could not run"], findings: [finding], cases: [] };
}
