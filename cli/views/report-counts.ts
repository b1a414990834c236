import { readStatusDocument } from "../../plugin/server/view/status-document.ts";
import { formatColumns } from "../../sandbox/message/format-columns.ts";

/** The data of one line of `kong-jwt-policy report`. */
export interface ReportRow {
  readonly policy: string;
  /** The rule is undefined if the request matched no rule. */
  readonly rule: string | undefined;
  /** If the rule would have refused no request, the reason is undefined. */
  readonly reason: string | undefined;
  /** The number of requests that enforce mode would have refused for this reason. */
  readonly requests: number;
  /** The number of requests that the rule judged in total. The number is undefined if the source does not have it. */
  readonly judged: number | undefined;
}

/**
 * Reads the counts of a plugin server's `/status`.
 *
 * @throws Error when the JSON is not such a status.
 */
export function countStatus(status: unknown): readonly ReportRow[] {
  const document = readStatusDocument(status);
  if (document === undefined) {
    throw new Error(
      "this is not the /status of a plugin server of this version; use the address of --status-listen with the path /status",
    );
  }
  const { rules, rejections } = document;
  const judgedOf = (row: { readonly policy: string; readonly rule: string | undefined }): number | undefined =>
    rules.find(({ policy, rule }) => policy === row.policy && rule === row.rule)?.requests;
  const rows = joinRows(
    rejections
      .filter(({ outcome }) => outcome === "would_deny")
      .map(({ policy, rule, reason, requests }) => ({ policy, rule, reason, requests, judged: undefined })),
  ).map((row) => ({ ...row, judged: judgedOf(row) }));
  const silent = rules
    .filter(({ policy, rule }) => !rows.some((row) => row.policy === policy && row.rule === rule))
    .map(({ policy, rule, requests }) => ({ policy, rule, reason: undefined, requests: 0, judged: requests }));
  return [...rows, ...silent];
}

const REPORT_LINE = /jwt-policy would have denied the request: (.*)/;

/**
 * Counts the lines that report mode wrote to Kong's log. The log has no line about a request that would also pass in
 * enforce mode.
 */
export function countLog(lines: Iterable<string>): readonly ReportRow[] {
  const rows: ReportRow[] = [];
  for (const line of lines) {
    const [, pairs] = REPORT_LINE.exec(line) ?? [];
    const reason = pairs === undefined ? undefined : readPair(pairs, "reason");
    if (pairs !== undefined && reason !== undefined) {
      const [policy = "", rule] = [readPair(pairs, "policy"), readPair(pairs, "rule")];
      rows.push({ policy, rule, reason, requests: 1, judged: undefined });
    }
  }
  return joinRows(rows);
}

/**
 * Values before `detail` contain no spaces. The value of `detail` is quoted text, and this text may contain parts that
 * look like further pairs.
 */
function readPair(pairs: string, name: string): string | undefined {
  return new RegExp(`(?:^| )${name}=([^ ]+)`).exec(pairs.split(" detail=")[0] ?? "")?.[1];
}

/** Adds up rows with the same policy, rule and reason. The row with the most requests is first. */
function joinRows(rows: readonly ReportRow[]): ReportRow[] {
  const joined = new Map<string, ReportRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.policy, row.rule, row.reason]);
    joined.set(key, { ...row, requests: row.requests + (joined.get(key)?.requests ?? 0) });
  }
  return [...joined.values()].sort((a, b) => b.requests - a.requests);
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
  return `${formatColumns([HEADINGS, ...cells])}\n`;
}
