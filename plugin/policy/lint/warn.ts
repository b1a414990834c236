import type { DocumentPath, Finding, LintCode } from "../language/finding.ts";

/** A list of one finding, because each check of lint returns the list of its findings. */
export function warn(code: LintCode, path: DocumentPath, message: string, atKey = false): Finding[] {
  return [{ code, severity: "warning", path, ...(atKey && { atKey }), message }];
}
