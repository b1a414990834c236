import { putRow, putSection } from "./page.ts";
import type { Run } from "./results-folder.ts";
import { type Column, describeCommit, RUN_COLUMNS, renderHeader, renderRow, renderTable } from "./table.ts";

/** The tests that need no Kong, run under one version of Node. */
export interface NodeResults {
  readonly files: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Resident memory of the plugin server after each part of some work. */
export interface MemoryResults {
  readonly gateway: string;
  readonly what: string;
  readonly count: number;
  readonly megabytes: readonly number[];
  /** The first samples, until the heap has its usual size. */
  readonly warmUp: number;
  /** How much the memory grew after the warm-up, in MB. */
  readonly growth: number;
}

/** Medians in milliseconds. */
interface StartTimes {
  readonly node: number;
  readonly dump: number;
  readonly dumpOfModules: number;
  readonly listens: number;
  readonly listensOfModules: number;
}

/** Sizes in kB of 1,000 bytes. */
export interface SizeResults {
  readonly kilobytes: number;
  readonly gzipKilobytes: number;
  readonly validatorKilobytes: number;
  readonly rounds: number;
  readonly ms: StartTimes;
}

const [NODE_COLUMN, ...OTHER_COLUMNS] = RUN_COLUMNS;

const NODE_COLUMNS: readonly Column<NodeResults & Run>[] = [
  ...(NODE_COLUMN === undefined ? [] : [NODE_COLUMN]),
  { title: "files", cell: ({ files }) => String(files) },
  { title: "passed", cell: ({ passed }) => String(passed) },
  { title: "failed", cell: ({ failed }) => String(failed) },
  { title: "skipped", cell: ({ skipped }) => String(skipped) },
  ...OTHER_COLUMNS,
];

const MEMORY_COLUMNS: readonly Column<MemoryResults & Run>[] = [
  { title: "work", cell: ({ count, what, gateway }) => `${count.toLocaleString("en")} ${what} on ${gateway}` },
  {
    title: "resident memory",
    cell: ({ megabytes, warmUp }) => `${lowest(megabytes, warmUp)} to ${Math.max(...megabytes.slice(warmUp))} MB`,
  },
  { title: "growth after the warm-up", cell: ({ growth }) => `${growth} MB` },
  ...RUN_COLUMNS,
];

const START_COLUMNS: readonly Column<readonly [what: string, oneFile: number, modules: number]>[] = [
  { title: "time from the start of the process", cell: ([what]) => what },
  { title: "as one file", cell: ([, ms]) => `${ms} ms` },
  { title: "as separate modules", cell: ([, , ms]) => `${ms} ms` },
];

export function putNode(page: string, results: NodeResults & Run): string {
  return putRow(page, renderHeader(NODE_COLUMNS), renderRow(NODE_COLUMNS, results));
}

export function putMemory(page: string, results: MemoryResults & Run): string {
  return putRow(page, renderHeader(MEMORY_COLUMNS), renderRow(MEMORY_COLUMNS, results));
}

export function putSize(page: string, results: SizeResults & Run): string {
  const { kilobytes, gzipKilobytes, validatorKilobytes, rounds, ms, node, processors, date } = results;
  const rows = [
    ["until the server has printed its dump", ms.dump, ms.dumpOfModules],
    ["until the server listens", ms.listens, ms.listensOfModules],
  ] as const;
  const text = [
    `\`dist/jwt-policy-server.mjs\` has ${kilobytes} kB (${gzipKilobytes} kB with gzip). The generated validators of documents take ${validatorKilobytes} kB of this file.`,
    renderTable(START_COLUMNS, rows),
    `Node alone took ${ms.node} ms of each of these times. The times are medians of ${rounds} rounds, in which the two forms took turns (Node ${node.replace(/^v/, "")}, ${processors} processors, commit ${describeCommit(results)}, ${date.slice(0, 10)}). With \`NODE_EXTRA_CA_CERTS\` and the usual list of 140 certificate authorities, Node itself starts about 30 ms later.`,
  ].join("\n\n");
  return putSection(page, "The plugin server", text);
}

function lowest(megabytes: readonly number[], warmUp: number): number {
  return Math.min(...megabytes.slice(warmUp));
}
