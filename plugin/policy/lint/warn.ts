import type { DocumentPath, Finding, LintCode } from "../language/finding.ts";

/** A list with one finding. Each check of lint returns a list of findings. */
export function warn(code: LintCode, path: DocumentPath, message: string, atKey = false): Finding[] {
  return [{ code, severity: "warning", path, ...(atKey && { atKey }), message }];
}
