import { FAULTS } from "../faults.ts";
import type { FaultFigures, FaultResults } from "./results.ts";

const HEAD = `<!-- Rendered from docs/faults/*.json; \`FAULTS_RESULTS=1 npm run test:faults\` writes both. -->
# Faults

No request reaches an upstream without a positive verdict of the policy now in force, and no valid request is lost to our own
doing. \`npm run test:faults\` holds both against real gateways: 32 clients, each request over a connection of its own, send valid
tokens and every kind of wrong one (none, expired, another token's signature, another route's scopes, another policy's scopes) to
ten routes, each under a rule of its own in one of two policies. The policies set different identity headers and ask for
different scopes, so that the upstream, and every challenge, says which rule judged. Meanwhile the fault comes.

How to read a row; where two figures stand, the first is with one worker of Kong and the second with two:

- **passed without a right**: requests without a valid and entitled token, or without any verdict, that reached the upstream. Must be 0.
- **judged by another**: requests decided by another rule or policy than the one in force, or as somebody else. Must be 0.
- **valid refused**: of the valid requests, those that were not served, with the status that came instead. Must be 0 where the row is
  marked with *; elsewhere it is what the fault costs, and depends on how fast clients ask while nothing can answer.
- **back after**: from the fault, or from its end where it lasts, until every route served valid requests again; *none lost* where
  no valid request failed after that moment.
- **longest wait** of any request.

The bounds follow from settings: deadline of a decision 5 s, watchdog of the event loop 3 s, respawn by Kong 1 s, Kong's
\`lua_socket_read_timeout\` (given below; it bounds what a stopped process costs), and 10 s for which Kong's requests wait when
another one broke off while it was starting the same plugin instance. Times include a machine that is busy with the load itself.
The plugin server runs with a heap of 64 MB (the stock one 256 MB), and a preload that brings the faults of its inside.
`;

const COLUMNS = ["fault", "passed without a right", "judged by another", "valid refused", "back after", "longest wait"];

/** docs/faults.md: one table for each gateway and plugin server. */
export function renderFaults(all: readonly FaultResults[]): string {
  return [HEAD, ...all.map(renderGateway)].join("\n");
}

function renderGateway(results: FaultResults): string {
  const { gateway, plugin, node, system, processors, commit, date, readTimeoutSeconds, rounds, runs } = results;
  const workers = runs.map((run) => run.workers).join(" and ");
  const isKong = results.kong !== undefined;
  const circumstances = [
    `jwt-policy ${plugin}`,
    `Node ${node}`,
    `${system}, ${processors} processors`,
    ...(isKong ? [`${workers} ${workers === "1" ? "worker" : "workers"}`] : ["one process"]),
    `read timeout ${readTimeoutSeconds} s`,
    `"again and again" is ${rounds} times`,
    `commit ${commit.slice(0, 10)}${commit.slice(40)}`,
    date.slice(0, 10),
  ];
  const rows = FAULTS.map(({ id, title, sparesValid, onlyKong, onlyOurs }) => {
    const figures = runs.flatMap((run) => run.faults.find(({ fault }) => fault === id) ?? []);
    const cells = figures.length === 0 ? COLUMNS.slice(1).map(() => "–") : renderCells(figures);
    const missing = figures.length === 0 ? ` (– ${(isKong ? onlyOurs : onlyKong) ?? "not run"})` : "";
    return `| ${title}${sparesValid ? " *" : ""}${missing} | ${cells.join(" | ")} |`;
  });
  return [
    `## ${gateway}`,
    "",
    `${circumstances.join(" · ")}`,
    "",
    `| ${COLUMNS.join(" | ")} |`,
    `|${" --- |".repeat(COLUMNS.length)}`,
    ...rows,
    "",
  ].join("\n");
}

function renderCells(figures: readonly FaultFigures[]): readonly string[] {
  const columns: readonly ((one: FaultFigures) => string)[] = [
    ({ leaked }) => String(leaked),
    ({ judgedByAnother }) => String(judgedByAnother),
    renderRefused,
    renderRecovery,
    ({ longestHoldMs }) => renderSeconds(longestHoldMs),
  ];
  return columns.map((column) => figures.map(column).join(" · "));
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
  return recoveryMs === 0 ? "none lost" : renderSeconds(recoveryMs);
}

function renderSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
