import { toPrintable } from "../../plugin/core/text/printable.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import type { Report } from "./report.ts";

/**
 * Writes GitHub's workflow commands: each finding becomes an annotation of its line. The summary of the report becomes a notice.
 */
export function formatGithub({ command, findings, summary }: Report): string {
  const notice = `::notice title=kong-jwt-policy ${command}::${escapeText(summary.join("\n"))}`;
  return `${[...findings.map(annotate), notice].join("\n")}\n`;
}

function annotate(finding: Finding): string {
  const { file, line, column, code, message, notes = [], paste } = finding;
  const place = Object.entries({ file, line, col: column }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${escapeProperty(String(value))}`],
  );
  const text = [message, ...notes, ...(paste === undefined ? [] : ["paste:", paste.trimEnd()])].join("\n");
  const properties = [...place, `title=${escapeProperty(code)}`].join(",");
  return `::${isWarning(finding) ? "warning" : "error"} ${properties}::${escapeText(text)}`;
}

/** In a workflow command, a line feed would end the command, and a percent sign would start an escape. */
function escapeText(text: string): string {
  return text
    .split("\n")
    .map((line) => toPrintable(line).replaceAll("%", "%25"))
    .join("%0A");
}

function escapeProperty(text: string): string {
  return escapeText(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
