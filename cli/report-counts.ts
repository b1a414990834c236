/** One line of `kong-jwt-policy report`. */
export interface ReportRow {
  readonly policy: string;
  /** Undefined when no rule matched. */
  readonly rule: string | undefined;
  /** Undefined if the rule would have refused no request. */
  readonly reason: string | undefined;
  /** How many requests would have been refused for this reason. */
  readonly requests: number;
  /** How many requests the rule judged in total. Undefined if the source does not contain this number. */
  readonly judged: number | undefined;
}

interface RuleCounts {
  readonly policy: string;
  readonly rule: string | null;
}

interface StatusDocument {
  readonly judged: readonly (RuleCounts & { readonly requests: number })[];
  readonly would_have_denied: readonly (RuleCounts & { readonly reason: string; readonly requests: number })[];
}

/**
 * Reads the counts of a plugin server's `/status`.
 *
 * @throws Error when the text is not such a status.
 */
export function countStatus(text: string): readonly ReportRow[] {
  const { judged, would_have_denied: reports } = parseStatus(text);
  const judgedOf = ({ policy, rule }: RuleCounts): number | undefined =>
    judged.find((one) => one.policy === policy && one.rule === rule)?.requests;
  const rows = reports.map(({ policy, rule, reason, requests }) => ({
    policy,
    rule: rule ?? undefined,
    reason,
    requests,
    judged: judgedOf({ policy, rule }),
  }));
  const silent = judged
    .filter(({ policy, rule }) => !reports.some((one) => one.policy === policy && one.rule === rule))
    .map(({ policy, rule, requests }) => ({
      policy,
      rule: rule ?? undefined,
      reason: undefined,
      requests: 0,
      judged: requests,
    }));
  return [...sortRows(rows), ...silent];
}

function parseStatus(text: string): StatusDocument {
  const status: unknown = parseJson(text);
  const isStatus = typeof status === "object" && status !== null && "judged" in status && "would_have_denied" in status;
  if (!isStatus || !Array.isArray(status.judged) || !Array.isArray(status.would_have_denied)) {
    throw new Error(
      "this is not the /status of a plugin server; use the address of --status-listen with the path /status",
    );
  }
  return status as unknown as StatusDocument;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const REPORT_LINE = /jwt-policy would have denied the request: (.*)/;

/** Counts the lines that report mode wrote to Kong's log. Requests that would have passed leave no line in the log. */
export function countLog(lines: Iterable<string>): readonly ReportRow[] {
  const counts = new Map<string, ReportRow>();
  for (const line of lines) {
    const [, pairs] = REPORT_LINE.exec(line) ?? [];
    const reason = pairs === undefined ? undefined : readPair(pairs, "reason");
    if (pairs === undefined || reason === undefined) {
      continue;
    }
    const policy = readPair(pairs, "policy") ?? "";
    const rule = readPair(pairs, "rule");
    const key = JSON.stringify([policy, rule, reason]);
    const requests = (counts.get(key)?.requests ?? 0) + 1;
    counts.set(key, { policy, rule, reason, requests, judged: undefined });
  }
  return sortRows([...counts.values()]);
}

/** Values before `detail` contain no spaces. The detail is quoted text, and parts of it may look like further pairs. */
function readPair(pairs: string, name: string): string | undefined {
  return new RegExp(`(?:^| )${name}=([^ ]+)`).exec(pairs.split(" detail=")[0] ?? "")?.[1];
}

function sortRows(rows: readonly ReportRow[]): ReportRow[] {
  return rows.toSorted((a, b) => b.requests - a.requests);
}

const HEADINGS = ["REQUESTS", "SHARE", "OF", "POLICY", "RULE", "REASON"];

/** Formats the rows as a table. */
export function renderRows(rows: readonly ReportRow[]): string {
  const cells = rows.map(({ policy, rule, reason, requests, judged }) => [
    String(requests),
    judged === undefined ? "-" : `${((100 * requests) / Math.max(1, judged)).toFixed(1)}%`,
    judged === undefined ? "-" : String(judged),
    policy,
    rule ?? "(no rule)",
    reason ?? "-",
  ]);
  const table = [HEADINGS, ...cells];
  const widths = HEADINGS.map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  return table
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
