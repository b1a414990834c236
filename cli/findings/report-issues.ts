import pc from "picocolors";
import { toPrintable, toPrintableJson } from "../../plugin/core/text/printable.ts";
import type { PolicyIssue, Severity } from "../../plugin/policy/language/issue.ts";
import type { StateIssue } from "../deck/state/state-issue.ts";

export interface CheckedFile {
  readonly file: string;
  readonly issues: readonly PolicyIssue[];
  /** The file's text, for excerpts. */
  readonly lines: readonly string[];
  /** The policy's name and its number of rules. Undefined when the file has a mistake. */
  readonly policy: { readonly name: string; readonly rules: number } | undefined;
}

/** How many characters of a long line are shown. */
const EXCERPT_LENGTH = 200;

/** For people: every mistake and warning with its line of text, and its place in a form that terminals and editors turn into a link. */
export function reportText(checked: readonly CheckedFile[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const files = checked.map(({ file, issues, lines, policy }) => {
    const found = issues.map((issue) => formatIssue(file, issue, lines[issue.line - 1], color));
    const good =
      policy && `${color.green("ok")} ${toPrintable(file)}: policy "${policy.name}"${describeRules(policy.rules)}\n`;
    return `${found.join("")}${good ?? ""}`;
  });
  const issues = checked.flatMap((file) => file.issues);
  const warnings = issues.filter(isWarning).length;
  const mistakes = issues.length - warnings;
  const summary = [
    count(checked.length, "file"),
    mistakes === 0 ? "no mistakes" : count(mistakes, "mistake"),
    ...(warnings === 0 ? [] : [count(warnings, "warning")]),
  ].join(", ");
  return `${files.join("")}${mistakes === 0 ? color.green(summary) : color.red(summary)}\n`;
}

/** For programs: `{ files: [{ file, policy, issues: [{ code, severity, message, pointer, line, column }] }] }`. */
export function reportJson(checked: readonly CheckedFile[]): string {
  const files = checked.map(({ file, issues, policy }) => ({
    file,
    policy: policy?.name ?? null,
    issues: issues.map((issue) => ({ ...issue, severity: issue.severity ?? "mistake" })),
  }));
  return `${toPrintableJson({ files }, 2)}\n`;
}

/** A policy without rules is valid, but authors should notice it before it reaches the gateway. */
function describeRules(rules: number | undefined): string {
  return rules === 0 ? ", without rules: it refuses every request, and is there for others to extend" : "";
}

/** For people: the mistakes and warnings in decK files with their places, and how many there are. Empty without issues. */
export function reportState(issues: readonly StateIssue[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const mistakes = issues.filter(({ severity }) => severity === "mistake").length;
  const lines = issues.map((issue) => formatIssue(issue.file, issue, issue.text, color));
  const counts = [count(mistakes, "mistake"), count(issues.length - mistakes, "warning")];
  return issues.length === 0 ? "" : `${lines.join("")}${counts.join(", ")}\n`;
}

function isWarning({ severity }: { readonly severity?: Severity }): boolean {
  return severity === "warning";
}

function formatIssue(
  file: string,
  issue: Pick<PolicyIssue, "line" | "column" | "message" | "severity"> & { readonly code: string },
  text: string | undefined,
  color: ReturnType<typeof pc.createColors>,
): string {
  const { line, column, code, message } = issue;
  const [kind, paint] = isWarning(issue) ? [`warning ${code}`, color.yellow] : [code, color.red];
  const place = color.bold(`${toPrintable(file)}:${line}:${column}`);
  const head = `${place} ${paint(kind)} ${toPrintable(message)}\n`;
  if (!text) {
    return head;
  }
  const gutter = String(line);
  const { shown, width } = cutOut(text, column);
  const pointer = `${" ".repeat(gutter.length)} ${color.dim("|")} ${" ".repeat(width)}${paint("^")}`;
  return `${head}${color.dim(`${gutter} |`)} ${shown}\n${pointer}\n`;
}

/** Shortens a line around a column and makes it printable. `width` counts the characters before the column. */
function cutOut(text: string, column: number): { readonly shown: string; readonly width: number } {
  const start = Math.max(0, column - 1 - EXCERPT_LENGTH / 2);
  const end = start + EXCERPT_LENGTH;
  const before = `${start > 0 ? "…" : ""}${toPrintable(text.slice(start, column - 1))}`;
  const behind = `${toPrintable(text.slice(column - 1, end))}${end < text.length ? "…" : ""}`;
  return { shown: `${before}${behind}`, width: before.length };
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
