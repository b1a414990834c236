import { Option } from "commander";
import pc from "picocolors";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import { formatFinding } from "./format-finding.ts";
import { formatGithub } from "./format-github.ts";
import { formatGitlab } from "./format-gitlab.ts";
import { formatJunit } from "./format-junit.ts";
import { formatSarif } from "./format-sarif.ts";
import type { Report } from "./report.ts";

const FORMATS = ["text", "json", "sarif", "github", "gitlab", "junit"] as const;

export type ReportFormat = (typeof FORMATS)[number];

/** Adds the option `--format` to a command that reports findings. */
export function formatOption(): Option {
  return new Option("--format <format>", "form of the report").choices(FORMATS).default("text");
}

/** Writes a report in one of the formats. */
export function formatReport(report: Report, format: ReportFormat, hasColor: boolean): string {
  switch (format) {
    case "text":
      return formatText(report, hasColor);
    case "json":
      return formatJson(report);
    case "sarif":
      return formatSarif(report);
    case "github":
      return formatGithub(report);
    case "gitlab":
      return formatGitlab(report);
    case "junit":
      return formatJunit(report);
  }
}

function formatText({ findings, summary }: Report, hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const paint = findings.some((finding) => !isWarning(finding)) ? color.red : color.green;
  const [last = "", ...before] = summary.toReversed();
  const lines = [...before.toReversed().map(toPrintable), paint(toPrintable(last))];
  return `${findings.map((finding) => formatFinding(finding, color)).join("")}${lines.join("\n")}\n`;
}

/** `{ command, findings: [{ code, severity, message, file, line, column, pointer, notes, paste }], …}`. */
function formatJson({ command, findings, details }: Report): string {
  const shown = findings.map((finding) => {
    const { code, message, file, line, column, pointer, notes, paste } = finding;
    const severity = isWarning(finding) ? "warning" : "error";
    return { code, severity, message, file, line, column, pointer, notes, paste };
  });
  return `${toPrintableJson({ command, findings: shown, ...details }, 2)}\n`;
}

/** Whether the findings contain an error. An error makes the command fail. */
export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => !isWarning(finding));
}
