import { toPrintable } from "../../core/text/printable.ts";
import { formatRate, formatShare } from "./format.ts";

/**
 * Whether a value is good, or needs attention. Views show the difference by a colour. For readers who do not see the
 * colour, the text has the same information.
 */
export type Tone = "good" | "warn" | "bad" | "quiet";

export interface Cell {
  /** The text of the cell. It has no characters that a terminal or a browser would interpret or hide. */
  readonly text: string;
  readonly tone?: Tone | undefined;
}

interface Column {
  readonly heading: string;
  /**
   * `code`: a name. `long`: the text is a hash or an address. It may be broken into lines at any place. `note`: a
   * sentence.
   */
  readonly kind: "number" | "code" | "long" | "text" | "note";
}

/** A table for people. The terminal and the browser show the same table. */
export interface Table {
  readonly id: "rejections" | "report-mode" | "rules" | "issuers" | "policies" | "alarms";
  readonly title: string;
  /** The most important fact of the table, in one sentence. */
  readonly summary: Cell;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A column of a table, and the function that shows a row's value in this column. */
export interface ColumnOf<Row> extends Column {
  readonly cell: (row: Row) => Cell;
}

/** The text for an absent value. */
export const ABSENT = "–";

/**
 * Makes a cell from a text. Every text from a server goes through this function. The function escapes characters that could
 * control the terminal or the page.
 */
export function createCell(text: string | undefined, tone?: Tone): Cell {
  return text === undefined || text === "" ? { text: ABSENT, tone: "quiet" } : { text: toPrintable(text), tone };
}

export function createTable<Row>(
  head: Pick<Table, "id" | "title" | "summary">,
  columns: readonly ColumnOf<Row>[],
  rows: readonly Row[],
): Table {
  return {
    ...head,
    columns: columns.map(({ heading, kind }) => ({ heading, kind })),
    rows: rows.map((row) => columns.map(({ cell }) => cell(row))),
  };
}

export function cellOfRate(perSecond: number | undefined): Cell {
  return createCell(formatRate(perSecond), perSecond ? undefined : "quiet");
}

export function cellOfShare(part: number, whole: number, tone?: Tone): Cell {
  return createCell(formatShare(part, whole), part > 0 ? tone : "quiet");
}
