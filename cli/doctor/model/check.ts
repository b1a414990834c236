import type { DoctorCode } from "../../../plugin/policy/language/finding.ts";
import type { Problem } from "./problem.ts";
import type { Setup } from "./setup.ts";

/** The result of one check. */
export type Outcome =
  | { readonly status: "passed"; readonly detail: string }
  | { readonly status: "failed"; readonly problems: readonly Problem[] }
  | { readonly status: "not_checked"; readonly detail: string };

/** One check of a set-up. A check is a pure function, because `readSetup` has already collected all facts. */
export interface DoctorCheck {
  readonly id: DoctorCode;
  /** The text that describes the check in the reference page. */
  readonly checks: string;
  /** The reason why the check matters. */
  readonly why: string;
  /** General advice about how to fix such problems. In addition, each problem has its own advice. */
  readonly fix: string;
  run(setup: Setup): Outcome;
}

export function passed(detail: string): Outcome {
  return { status: "passed", detail };
}

export function failed(...problems: readonly Problem[]): Outcome {
  return { status: "failed", problems };
}

/** @param why says which fact is missing, and how the user can provide it. */
export function notChecked(why: string): Outcome {
  return { status: "not_checked", detail: why };
}

/** The outcome is `passed` if the list of problems is empty. */
export function outcomeOf(problems: readonly Problem[], detail: string): Outcome {
  return problems.length === 0 ? passed(detail) : failed(...problems);
}
