import { toPrintable } from "../../core/text/printable.ts";
import { formatRate, formatShare } from "./format.ts";

/**
 * Whether a value is good, or needs attention. Views show this by a colour. The text says the same, for readers who do not see
 * the colour.
 */
export type Tone = "good" | "warn" | "bad" | "quiet";

export interface Cell {
  /** Has no character that a terminal or a browser interprets or hides. */
  readonly text: string;
  readonly tone?: Tone | undefined;
}

interface Column {
  readonly heading: string;
  /** `code`: a name. `long`: a hash or an address, which may be broken anywhere. `note`: a sentence. */
  readonly kind: "number" | "code" | "long" | "text" | "note";
}

/** A table for people: the same in the terminal and in the browser. */
export interface Table {
  readonly id: "rejections" | "report-mode" | "rules" | "issuers" | "policies" | "alarms";
  readonly title: string;
  /** One sentence with the most important fact. */
  readonly summary: Cell;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Cell[])[];
}

/** A column, and how it shows a row. */
export interface ColumnOf<Row> extends Column {
  readonly cell: (row: Row) => Cell;
}

/** Stands for a value that is absent. */
export const ABSENT = "–";

/** Every text from a server goes through this function. It escapes characters that could control the terminal or the page. */
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
