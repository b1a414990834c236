/**
 * Puts a row into the table of a page. The table is the one with this header. The row replaces the row with the same
 * first cell, or becomes the last row. So rows of other gateways and other days stay.
 *
 * @throws Error if the page has no such table.
 */
export function putRow(page: string, header: string, row: string): string {
  const lines = page.split("\n");
  const start = lines.indexOf(header);
  if (start === -1) {
    throw new Error(`no table has the columns ${header}`);
  }
  const first = start + 2;
  const length = lines.slice(first).findIndex((line) => !line.startsWith("|"));
  const rows = lines.slice(first, first + length);
  const same = rows.findIndex((line) => firstCell(line) === firstCell(row));
  const changed = same === -1 ? [...rows, row] : rows.with(same, row);
  return [...lines.slice(0, first), ...changed, ...lines.slice(first + length)].join("\n");
}

function firstCell(row: string): string | undefined {
  return row.split(" | ")[0];
}

/**
 * Replaces the text under a heading of the second level. If there is no such heading, adds heading and text at the end
 * of the page.
 */
export function putSection(page: string, heading: string, text: string): string {
  const section = `## ${heading}\n\n${text}\n`;
  const start = `\n${page}`.indexOf(`\n## ${heading}\n`);
  if (start === -1) {
    return `${page.trimEnd()}\n\n${section}`;
  }
  const next = page.indexOf("\n## ", start);
  return next === -1 ? page.slice(0, start) + section : `${page.slice(0, start)}${section}${page.slice(next)}`;
}
