import { toPrintableLines } from "../../plugin/core/text/printable.ts";
import { isWarning } from "../../plugin/policy/language/finding.ts";
import type { Report, ReportedCase } from "./report.ts";

/**
 * Writes JUnit's XML, which most CI systems read: a suite for each file, with its cases. A finding that belongs to no case
 * becomes a separate case. JUnit has no warnings. So a case fails only if its finding makes the command fail.
 */
export function formatJunit({ command, cases, findings, failingWarnings = [] }: Report): string {
  const placed = new Set(cases.filter(({ status }) => status === "failed").map(({ file, line }) => `${file}:${line}`));
  const others = findings
    .filter(({ file, line }) => !placed.has(`${file}:${line}`))
    .map((finding): ReportedCase => {
      const { file, line, code, message, notes = [] } = finding;
      return {
        suite: file ?? command,
        name: `${code}${line === undefined ? "" : ` at line ${line}`}`,
        status: isWarning(finding) && !failingWarnings.includes(finding) ? "passed" : "failed",
        message: [message, ...notes].join("\n"),
        file,
        line,
      };
    });
  const all = [...cases, ...others];
  const suites = [...new Set(all.map(({ suite }) => suite))];
  const parts = suites.map((name) =>
    formatSuite(
      name,
      all.filter(({ suite }) => suite === name),
    ),
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escapeXml(`kong-jwt-policy ${command}`)}" ${counts(all)}>`,
    ...parts,
    "</testsuites>",
    "",
  ].join("\n");
}

function counts(cases: readonly ReportedCase[]): string {
  const count = (status: ReportedCase["status"]): number => cases.filter((one) => one.status === status).length;
  return `tests="${cases.length}" failures="${count("failed")}" skipped="${count("skipped")}"`;
}

function formatSuite(name: string, cases: readonly ReportedCase[]): string {
  const lines = cases.map(({ suite, name: title, status, message = "", file, line }) => {
    const place = file === undefined ? "" : ` file="${escapeXml(file)}"${line === undefined ? "" : ` line="${line}"`}`;
    const head = `<testcase classname="${escapeXml(suite)}" name="${escapeXml(title)}"${place}`;
    const [first = ""] = message.split("\n");
    if (status === "passed") {
      return message === "" ? `    ${head}/>` : `    ${head}><system-out>${escapeXml(message)}</system-out></testcase>`;
    }
    return status === "skipped"
      ? `    ${head}><skipped message="${escapeXml(message)}"/></testcase>`
      : `    ${head}><failure message="${escapeXml(first)}">${escapeXml(message)}</failure></testcase>`;
  });
  return [`  <testsuite name="${escapeXml(name)}" ${counts(cases)}>`, ...lines, "  </testsuite>"].join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** XML 1.0 forbids most control characters, even when they are written as entities. */
function escapeXml(text: string): string {
  return toPrintableLines(text).replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}
