import type { Run } from "../../results/results-folder.ts";
import { type Column, describeCommit, renderTable } from "../../results/table.ts";
import { FAULTS, type Fault } from "../faults.ts";
import type { FaultFigures, FaultResults } from "./results.ts";

type Cost = (figures: FaultFigures) => string;

const COSTS: readonly (readonly [title: string, cost: Cost])[] = [
  ["valid requests refused", renderRefused],
  ["service back after", renderRecovery],
  ["longest wait of a request", ({ longestHoldMs }) => renderSeconds(longestHoldMs)],
];

/** The results of one gateway. They are the counts that must be 0, and a table with the cost of each fault. */
export function renderFaults(results: FaultResults & Run): string {
  const { runs, kong } = results;
  const figuresOf = ({ id }: Fault): readonly FaultFigures[] =>
    runs.flatMap((run) => run.faults.find(({ fault }) => fault === id) ?? []);
  const columns: readonly Column<Fault>[] = [
    { title: "fault", cell: ({ title, sparesValid }) => `${title}${sparesValid ? " *" : ""}` },
    ...COSTS.map(([title, cost]) => ({
      title,
      cell: (fault: Fault) => figuresOf(fault).map(cost).join(" · "),
    })),
  ];
  const ran = FAULTS.filter((fault) => figuresOf(fault).length > 0);
  const notRun = FAULTS.filter((fault) => !ran.includes(fault)).map(
    ({ title, onlyKong, onlyOurs }) =>
      `- Not run: ${title}. Reason: ${(kong === undefined ? onlyKong : onlyOurs) ?? "not selected for this run"}`,
  );
  const rest = notRun.length === 0 ? [] : [notRun.join("\n")];
  return [describeCounts(results), describeCircumstances(results), renderTable(columns, ran), ...rest].join("\n\n");
}

function describeCounts({ runs }: FaultResults): string {
  const all = runs.flatMap(({ faults }) => faults);
  const sum = (count: (figures: FaultFigures) => number): number =>
    all.reduce((total, figures) => total + count(figures), 0);
  const counts = [
    `**${sum(({ leaked }) => leaked)} passed without permission**`,
    `**${sum(({ judgedByAnother }) => judgedByAnother)} judged by a wrong rule**`,
  ];
  return `${counts.join(", ")}, of ${sum(({ requests }) => requests).toLocaleString("en")} requests under ${all.length} faults.`;
}

function describeCircumstances(results: FaultResults & Run): string {
  const { kong, plugin, node, system, processors, date, readTimeoutSeconds, rounds, runs } = results;
  const workers = runs.map((run) => run.workers).join(" and ");
  return [
    `jwt-policy ${plugin}`,
    `Node ${node.replace(/^v/, "")}`,
    `${system}, ${processors} processors`,
    kong === undefined ? "one process" : `${workers} ${workers === "1" ? "worker" : "workers"}`,
    `read timeout ${readTimeoutSeconds} s`,
    `"again and again" is ${rounds} times`,
    `commit ${describeCommit(results)}`,
    date.slice(0, 10),
  ].join(" · ");
}

function renderRefused({ valid, refusedValid }: FaultFigures): string {
  const count = Object.values(refusedValid).reduce((sum, one) => sum + one, 0);
  const statuses = [...new Set(Object.keys(refusedValid).map((answer) => /^(?:\d+|no answer)/.exec(answer)?.[0]))];
  return `${count} of ${valid}${count === 0 ? "" : ` (${statuses.sort().join(", ")})`}`;
}

function renderRecovery({ recoveryMs }: FaultFigures): string {
  if (recoveryMs === undefined) {
    return "never";
  }
  return recoveryMs === 0 ? "no later failure" : renderSeconds(recoveryMs);
}

function renderSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
