import pc from "picocolors";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import { formatFinding } from "./format-finding.ts";

export interface CheckedFile {
  readonly file: string;
  readonly findings: readonly Finding[];
  /** The policy's name and its number of rules. Undefined when the file has a mistake. */
  readonly policy: { readonly name: string; readonly rules: number } | undefined;
}

/**
 * Formats a report for people. It shows every mistake and warning with its line of text, and its position in a form that
 * terminals and editors turn into a link.
 */
export function reportText(checked: readonly CheckedFile[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const files = checked.map(({ file, findings, policy }) => {
    const found = findings.map((finding) => formatFinding(finding, color));
    const good =
      policy && `${color.green("ok")} ${toPrintable(file)}: policy "${policy.name}"${describeRules(policy.rules)}\n`;
    return `${found.join("")}${good ?? ""}`;
  });
  const findings = checked.flatMap((file) => file.findings);
  const warnings = findings.filter(isWarning).length;
  const mistakes = findings.length - warnings;
  const summary = [
    count(checked.length, "file"),
    mistakes === 0 ? "no mistakes" : count(mistakes, "mistake"),
    ...(warnings === 0 ? [] : [count(warnings, "warning")]),
  ].join(", ");
  return `${files.join("")}${mistakes === 0 ? color.green(summary) : color.red(summary)}\n`;
}

/**
 * Formats a report for programs: `{ files: [{ file, policy, issues: [{ code, severity, message, pointer, line, column }] }] }`.
 */
export function reportJson(checked: readonly CheckedFile[]): string {
  const files = checked.map(({ file, findings, policy }) => ({
    file,
    policy: policy?.name ?? null,
    issues: findings.map((finding) => {
      const { code, message, pointer, line, column } = finding;
      return { code, severity: isWarning(finding) ? "warning" : "mistake", message, pointer, line, column };
    }),
  }));
  return `${toPrintableJson({ files }, 2)}\n`;
}

/** A policy without rules is valid, but authors should notice this before the policy reaches the gateway. */
function describeRules(rules: number | undefined): string {
  return rules === 0
    ? ", without rules: it refuses every request, and only other policies can use it with extends"
    : "";
}

/**
 * Formats a report for people. It shows the mistakes and warnings in decK files with their positions, and their number. It is
 * empty if there are no findings.
 */
export function reportState(findings: readonly Finding[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const warnings = findings.filter(isWarning).length;
  const lines = findings.map((finding) => formatFinding(finding, color));
  const counts = [count(findings.length - warnings, "mistake"), count(warnings, "warning")];
  return findings.length === 0 ? "" : `${lines.join("")}${counts.join(", ")}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
