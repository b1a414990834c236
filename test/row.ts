/** One row of a table of tests. Unlike an array, the formatter keeps its first cells on one line if the last one is an object. */
export const row = <Cells extends readonly unknown[]>(...cells: Cells): Cells => cells;
