import type { Finding } from "../../../plugin/policy/language/finding.ts";

/** Something that is wrong, and how to fix it. */
export interface Problem extends Pick<Finding, "severity" | "file" | "line" | "column"> {
  /** The code of the finding, if another command also reports it. By default, the code of the check. */
  readonly code?: Finding["code"];
  readonly message: string;
  readonly fix: string;
}
