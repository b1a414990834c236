import type { Finding } from "../../plugin/policy/language/finding.ts";

/** One item that was checked, such as a test. Some formats also list successful checks. */
export interface ReportedCase {
  /** The group of the case, such as a file. */
  readonly suite: string;
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  /** Why it failed or was skipped. */
  readonly message?: string | undefined;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
}

/** The result of a command, independent of the format. */
export interface Report {
  /** The command, such as `test`. */
  readonly command: string;
  readonly findings: readonly Finding[];
  /** Warnings that make the command fail. If undefined, warnings do not make it fail. */
  readonly failingWarnings?: readonly Finding[];
  readonly cases: readonly ReportedCase[];
  /** Lines for people, at the end of the report. */
  readonly summary: readonly string[];
  /** More members for the JSON form. */
  readonly details: Readonly<Record<string, unknown>>;
}
