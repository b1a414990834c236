import type { Colors } from "picocolors/types.js";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";

/** The output shows only this number of characters of a long line. */
const EXCERPT_LENGTH = 200;

/**
 * Formats a finding for people: its position, its code, and what is wrong. Also shows the line of the file, if this
 * line may be shown. Notes and text to paste come last.
 */
export function formatFinding(finding: Finding, color: Colors): string {
  const notes = (finding.notes ?? []).map((note) => `  ${toPrintable(note)}\n`);
  return `${formatHead(finding, color)}${notes.join("")}${formatPaste(finding, color)}`;
}

function formatPaste({ paste }: Finding, color: Colors): string {
  const lines = (paste ?? "").trimEnd().split("\n");
  return paste === undefined
    ? ""
    : `  ${color.dim("paste:")}\n${lines.map((line) => `  ${toPrintable(line)}\n`).join("")}`;
}

function formatHead(finding: Finding, color: Colors): string {
  const { file, line, column, code, message, excerpt } = finding;
  const [kind, paint] = isWarning(finding) ? [`warning ${code}`, color.yellow] : [code, color.red];
  const place = [file === undefined ? [] : toPrintable(file), line ?? [], column ?? []].flat().join(":");
  const head = `${place === "" ? "" : `${color.bold(place)} `}${paint(kind)} ${toPrintable(message)}\n`;
  if (!excerpt || line === undefined || column === undefined) {
    return head;
  }
  const gutter = String(line);
  const { shown, width } = cutOut(excerpt, column);
  const pointer = `${" ".repeat(gutter.length)} ${color.dim("|")} ${" ".repeat(width)}${paint("^")}`;
  return `${head}${color.dim(`${gutter} |`)} ${shown}\n${pointer}\n`;
}

/**
 * Shortens a line around a column and makes it printable. `width` is the number of characters that are shown before the
 * column.
 */
function cutOut(text: string, column: number): { readonly shown: string; readonly width: number } {
  const start = Math.max(0, column - 1 - EXCERPT_LENGTH / 2);
  const end = start + EXCERPT_LENGTH;
  const before = `${start > 0 ? "…" : ""}${toPrintable(text.slice(start, column - 1))}`;
  const behind = `${toPrintable(text.slice(column - 1, end))}${end < text.length ? "…" : ""}`;
  return { shown: `${before}${behind}`, width: before.length };
}
