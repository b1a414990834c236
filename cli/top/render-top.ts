import type { Colors } from "picocolors/types.js";
import { toPrintable } from "../../plugin/core/text/printable.ts";
import type { Figure, Overview } from "../../plugin/server/view/overview.ts";
import type { Cell, Table } from "../../plugin/server/view/table.ts";

/** A line of the output. Texts and colours of a line are separate, so that the code knows the length of the text. */
type Line = readonly Cell[];

const GAP = "  ";
/** Besides its rows, a table has a title, a line of headings and an empty line. */
const FRAME_LINES = 3;
const MIN_ROWS = 1;
const FIGURES_IN_LINE = [3, 2, 1] as const;

/** Renders all rows of all tables, for a file or a pipe. */
export function renderOnce(overview: Overview, colors: Colors): string {
  const tables = overview.tables.filter(({ rows }) => rows.length > 0);
  const lines = [
    ...renderHead(overview, [], Number.POSITIVE_INFINITY, colors),
    ...tables.flatMap((table) => renderTable(table, colors)),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/**
 * Renders the part that fits on a screen with this height and width. The last line of the screen lists the keys. The
 * terminal cuts lines that are too long.
 *
 * @param keys the keys that the user can press.
 */
export function renderScreen(
  overview: Overview | undefined,
  problems: readonly string[],
  { height, width, keys }: { readonly height: number; readonly width: number; readonly keys: string },
  colors: Colors,
): readonly string[] {
  const head = overview
    ? renderHead(overview, problems, width, colors)
    : problems.map((problem) => colors.red(toPrintable(problem)));
  const tables = overview?.tables.filter(({ rows }) => rows.length > 0) ?? [];
  const room = height - head.length - 1;
  const shown = fitRows(tables, room);
  const body = tables.flatMap((table, index) => {
    const rows = shown[index] ?? 0;
    return rows === 0 ? [] : renderTable(table, colors, rows);
  });
  return [...[...head, ...body].slice(0, height - 1), colors.dim(keys)];
}

/**
 * Calculates how many rows of each table are shown. The longest table loses rows first. If there is not enough room, the last
 * tables are left out.
 */
function fitRows(tables: readonly Table[], room: number): readonly number[] {
  const shown = tables.map(({ rows }) => rows.length);
  const used = (): number => shown.reduce((sum, rows) => sum + (rows === 0 ? 0 : rows + FRAME_LINES), 0);
  while (used() > room) {
    const most = Math.max(0, ...shown);
    if (most === 0) {
      break;
    }
    const index = most > MIN_ROWS ? shown.lastIndexOf(most) : shown.findLastIndex((rows) => rows > 0);
    shown[index] = most > MIN_ROWS ? most - 1 : 0;
  }
  return shown;
}

function renderHead(overview: Overview, problems: readonly string[], width: number, colors: Colors): readonly string[] {
  const { state, about, figures, reasons } = overview;
  return [
    paint([{ text: "jwt-policy top" }, state, about], colors),
    ...problems.map((problem) => colors.red(toPrintable(problem))),
    ...reasons.map((reason) => paint([reason], colors)),
    "",
    ...renderColumns(arrangeFigures(figures, width), colors),
    "",
  ];
}

/** Puts as many figures beside each other as fit. */
function arrangeFigures(figures: readonly Figure[], width: number): readonly Line[] {
  const [best = []] = FIGURES_IN_LINE.map((count) =>
    Array.from({ length: Math.ceil(figures.length / count) }, (_, line) =>
      figures.slice(line * count, (line + 1) * count).flatMap(describeFigure),
    ),
  ).filter((lines, index) => index === FIGURES_IN_LINE.length - 1 || widthOf(lines) <= width);
  return best;
}

function widthOf(lines: readonly Line[]): number {
  return measureColumns(lines).reduce((sum, column) => sum + column + GAP.length, -GAP.length);
}

/** Writes a figure as its name, its value and its detail. */
function describeFigure({ name, value, detail }: Figure): Line {
  return [{ text: name, tone: "quiet" }, value, detail];
}

function renderColumns(rows: readonly Line[], colors: Colors): readonly string[] {
  const widths = measureColumns(rows);
  return rows.map((row) =>
    paint(
      row.map((cell, index) => pad(cell, widths[index] ?? 0, false)),
      colors,
    ).trimEnd(),
  );
}

function renderTable({ title, summary, columns, rows }: Table, colors: Colors, max = rows.length): readonly string[] {
  const more = rows.length > max ? ` (${max} of ${rows.length})` : "";
  const headings: Line = columns.map(({ heading }) => ({ text: heading.toUpperCase() }));
  const shown = rows.slice(0, max);
  const widths = measureColumns([headings, ...shown]);
  const align = (row: Line): Line =>
    row.map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.kind === "number"));
  return [
    `${colors.bold(title)}${more}  ${paint([summary], colors)}`,
    colors.dim(paint(align(headings), colors).trimEnd()),
    ...shown.map((row) => paint(align(row), colors).trimEnd()),
    "",
  ];
}

function measureColumns(rows: readonly Line[]): readonly number[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length: count }, (_, index) => Math.max(...rows.map((row) => row[index]?.text.length ?? 0)));
}

function pad({ text, tone }: Cell, width: number, isNumber: boolean): Cell {
  return { text: isNumber ? text.padStart(width) : text.padEnd(width), tone };
}

function paint(cells: Line, colors: Colors): string {
  const brush = { good: colors.green, warn: colors.yellow, bad: colors.red, quiet: colors.dim } as const;
  return cells.map(({ text, tone }) => (tone ? brush[tone](text) : text)).join(GAP);
}
