import { putRow } from "./page.ts";
import type { Run } from "./results-folder.ts";
import { type Column, RUN_COLUMNS, renderHeader, renderRow } from "./table.ts";

/** The result of the conformance table on one gateway. */
export interface ConformanceResults {
  /** Names with versions, as the gateways report them. */
  readonly gateways: readonly string[];
  readonly passed: number;
  readonly of: number;
  readonly cases: readonly object[];
}

const COLUMNS: readonly Column<ConformanceResults & Run>[] = [
  { title: "gateway", cell: ({ gateways }) => gateways.join(" and ") },
  { title: "cases passed", cell: ({ passed, of }) => `${passed} of ${of}` },
  ...RUN_COLUMNS,
];

export function putConformance(page: string, results: ConformanceResults & Run): string {
  return putRow(page, renderHeader(COLUMNS), renderRow(COLUMNS, results));
}
