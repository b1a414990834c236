import pc from "picocolors";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import { formatFinding } from "./format-finding.ts";
import { hasErrors } from "./formats.ts";
import { plural } from "./plural.ts";

export interface CheckedFile {
  readonly file: string;
  readonly findings: readonly Finding[];
  /**
   * The name of the policy, and the number of its rules. For a test file, the number of its tests. The value is undefined if the
   * file has a mistake.
   */
  readonly policy:
    | { readonly name: string; readonly rules: number }
    | { readonly name: string; readonly tests: number }
    | undefined;
  /** The issuers' answers, if the command asked the issuers. People read `lines`, and programs read `views`. */
  readonly issuers?: { readonly lines: readonly string[]; readonly views: readonly object[] };
}

/**
 * Formats a report for people. The report shows each mistake and each warning, with the line of the file. Terminals and
 * editors can turn the position of a finding into a link.
 */
export function reportText(checked: readonly CheckedFile[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const files = checked.map(({ file, findings, policy, issuers }) => {
    const found = findings.map((finding) => formatFinding(finding, color));
    const good =
      policy &&
      `${color.green("ok")} ${toPrintable(file)}: policy "${policy.name}"${"rules" in policy ? describeRules(policy.rules) : `, ${plural(policy.tests, "test")}`}\n`;
    const answers = (issuers?.lines ?? []).map((line) => `   ${toPrintable(line)}\n`);
    return `${found.join("")}${good ?? ""}${answers.join("")}`;
  });
  const summary = summarizeChecked(checked);
  const hasMistakes = checked.some((file) => hasErrors(file.findings));
  return `${files.join("")}${hasMistakes ? color.red(summary) : color.green(summary)}\n`;
}

/** Summarizes the findings of all checked files. */
export function summarizeChecked(checked: readonly CheckedFile[]): string {
  return summarizeFindings(
    checked.length,
    checked.flatMap((file) => file.findings),
  );
}

/** One line: the number of checked files, and the number of findings. */
export function summarizeFindings(files: number, findings: readonly Finding[]): string {
  const warnings = findings.filter(isWarning).length;
  const mistakes = findings.length - warnings;
  return [
    plural(files, "file"),
    mistakes === 0 ? "no mistakes" : plural(mistakes, "mistake"),
    ...(warnings === 0 ? [] : [plural(warnings, "warning")]),
  ].join(", ");
}

/**
 * Formats a report for programs: `{ files: [{ file, policy, issues: [{ code, severity, message, file, pointer, line, column }] }] }`. An issue has a
 * file only if the mistake is in an extended file. If the issuers were asked, a file has `issuers` as well.
 */
export function reportJson(checked: readonly CheckedFile[]): string {
  const files = checked.map(({ file, findings, policy, issuers }) => ({
    file,
    policy: policy?.name ?? null,
    issues: findings.map((finding) => {
      const { code, message, pointer, line, column } = finding;
      const severity = isWarning(finding) ? "warning" : "mistake";
      const other = finding.file === undefined || finding.file === file ? {} : { file: finding.file };
      return { code, severity, message, ...other, pointer, line, column };
    }),
    ...(issuers && { issuers: issuers.views }),
  }));
  return `${toPrintableJson({ files }, 2)}\n`;
}

/**
 * A policy without rules is valid. But its author should notice that it has no rules before the policy reaches the
 * gateway.
 */
function describeRules(rules: number): string {
  return rules === 0
    ? ", without rules: this policy refuses every request, so it is useful only if other policies extend it"
    : "";
}

/**
 * Formats a report for people. The report shows the mistakes and warnings in decK files with their positions, and then
 * counts them. The report is empty if there are no findings.
 */
export function reportState(findings: readonly Finding[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const warnings = findings.filter(isWarning).length;
  const lines = findings.map((finding) => formatFinding(finding, color));
  const counts = [plural(findings.length - warnings, "mistake"), plural(warnings, "warning")];
  return findings.length === 0 ? "" : `${lines.join("")}${counts.join(", ")}\n`;
}
