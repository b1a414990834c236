/**
 * Writes text from files into Markdown. On GitHub and GitLab, a comment can contain links, images, HTML, mentions and quick actions, and
 * some of them work even after a backslash. Markdown has no effect inside code, so this module writes every text from a file as
 * code.
 */
import { toPrintable, toPrintableLines } from "../../plugin/core/text/printable.ts";

const LONGEST_SPAN = 300;
const SHORTEST_FENCE = 3;

/** Writes a text as one line of code. The line is also safe in a cell of a table. A longer text is cut. */
export function codeSpan(text: string): string {
  // Even in code, a pipe would end the cell of a table. The escape `\|` does not help, because it has a special meaning
  // in a table (GFM section 4.10).
  const line = toPrintable(text.replaceAll(/\s+/g, " ")).trim().replaceAll("|", "\\u{7c}");
  const shown = line.length > LONGEST_SPAN ? `${cutText(line, LONGEST_SPAN - 1)}…` : line;
  if (shown === "") {
    return "–";
  }
  const ticks = "`".repeat(longestRun(shown) + 1);
  const space = shown.startsWith("`") || shown.endsWith("`") ? " " : "";
  return `${ticks}${space}${shown}${space}${ticks}`;
}

/** Writes a text as a block of code. `language` is one of our own names, and never text from a file. */
export function codeBlock(language: "text" | "yaml" | "sh", text: string): string {
  const shown = toPrintableLines(text.trimEnd());
  const fence = "`".repeat(Math.max(SHORTEST_FENCE, longestRun(shown) + 1));
  return `${fence}${language}\n${shown}\n${fence}`;
}

/** Returns the first characters of a text. The cut never splits a surrogate pair. */
export function cutText(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}
