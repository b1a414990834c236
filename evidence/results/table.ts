import type { Run } from "./results-folder.ts";

export interface Column<Figures> {
  readonly title: string;
  readonly cell: (figures: Figures) => string;
}

/** The last columns of most tables: the machine's Node, the commit of the code, and the date. */
export const RUN_COLUMNS: readonly Column<Run>[] = [
  { title: "Node", cell: ({ node }) => node.replace(/^v/, "") },
  { title: "commit", cell: describeCommit },
  { title: "date", cell: ({ date }) => date.slice(0, 10) },
];

/** A short commit, and the words after it. */
export function describeCommit({ commit }: Pick<Run, "commit">): string {
  return `${commit.slice(0, 10)}${commit.slice(40)}`;
}

export function renderHeader<Figures>(columns: readonly Column<Figures>[]): string {
  return renderCells(columns.map(({ title }) => title));
}

export function renderRow<Figures>(columns: readonly Column<Figures>[], figures: Figures): string {
  return renderCells(columns.map(({ cell }) => cell(figures)));
}

/** A whole table, without a line break at its end. */
export function renderTable<Figures>(columns: readonly Column<Figures>[], all: readonly Figures[]): string {
  const rows = all.map((figures) => renderRow(columns, figures));
  return [renderHeader(columns), renderRule(columns.length), ...rows].join("\n");
}

function renderCells(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function renderRule(columns: number): string {
  return `|${" --- |".repeat(columns)}`;
}
