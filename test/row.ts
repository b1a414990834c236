/**
 * One row of a table of tests. Unlike an array, the formatter keeps the first cells of a row on one line if its last
 * cell is an object.
 */
export const row = <Cells extends readonly unknown[]>(...cells: Cells): Cells => cells;
