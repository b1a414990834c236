import type { Finding } from "../../../plugin/policy/language/finding.ts";

/** A mistake in the set-up, and how to fix it. */
export interface Problem extends Pick<Finding, "severity" | "file" | "line" | "column"> {
  /** The code of the same finding in another command. Without `code`, the problem has the code of the check. */
  readonly code?: Finding["code"];
  readonly message: string;
  readonly fix: string;
}
