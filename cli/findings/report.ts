import type { Finding } from "../../plugin/policy/language/finding.ts";

/** One checked item, such as a test. Some formats also list the items that passed. */
export interface ReportedCase {
  /** The group of the case, such as a file. */
  readonly suite: string;
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** The reason why the case failed or was skipped. */
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** The result of a command, independent of the format. */
export interface Report {
  /** The name of the command, such as `test`. */
  readonly command: string;
  readonly findings: readonly Finding[];
  /** Warnings that make the command fail. If the list is undefined, warnings never make the command fail. */
  readonly failingWarnings?: readonly Finding[];
  readonly cases: readonly ReportedCase[];
  /** Text lines at the end of the report. */
  readonly summary: readonly string[];
  /** Additional members of the report's JSON form. */
  readonly details: Readonly<Record<string, unknown>>;
}
