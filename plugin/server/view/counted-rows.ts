import type { Rates } from "./rate-window.ts";
import type { RejectionRow, RuleRow, StatusDocument } from "./status-document.ts";

/** The newest status of one server. */
export interface ServerReading {
  /** The server's name; undefined if there is only one server. */
  readonly name: string;
  readonly document: StatusDocument;
  readonly rates: Rates;
}

/** A number of requests since the start, and requests per second at the moment. */
export interface Count {
  readonly requests: number;
  readonly perSecond: number | undefined;
}

export interface CountedRejection extends Count {
  readonly outcome: RejectionRow["outcome"];
  /**
   * The values of the row's columns. A value is undefined if the row has no such value. A value is also undefined if
   * the row joins several rows that have different values in this column.
   */
  readonly policy: string | undefined;
  readonly rule: string | undefined;
  readonly reason: string | undefined;
  readonly status: number | undefined;
  readonly issuer: string | undefined;
  /** How long ago the newest request came, by the server's clock, in milliseconds. */
  readonly ageMs: number | undefined;
}

export interface CountedRule {
  readonly policy: string;
  readonly rule: string | undefined;
  readonly requests: Count;
  readonly denied: Count;
  readonly wouldDeny: Count;
  readonly inReportMode: number;
}

/** Which columns decide whether two rows of rejections are joined. */
export const GROUPINGS = ["all", "rule", "reason", "issuer"] as const;
export type Grouping = (typeof GROUPINGS)[number];

const NOTHING: Count = { requests: 0, perSecond: undefined };

/** A row with an unknown rate does not change the sum. */
function addCounts(one: Count, other: Count): Count {
  const isUnknown = one.perSecond === undefined && other.perSecond === undefined;
  return {
    requests: one.requests + other.requests,
    perSecond: isUnknown ? undefined : (one.perSecond ?? 0) + (other.perSecond ?? 0),
  };
}

/**
 * @param servers all servers. They matter if `counts` is empty: the rate is then 0 per second if at least one server
 * has rates, and unknown if no server has rates.
 */
export function sumCounts(counts: readonly Count[], servers: readonly ServerReading[]): Count {
  const isMeasured = servers.some(({ rates }) => rates.guardHits !== undefined);
  return counts.reduce(addCounts, isMeasured ? { requests: 0, perSecond: 0 } : NOTHING);
}

/**
 * Returns the rejections of all servers. Rows with equal values in the wanted columns are joined. The most frequent rejections
 * come first.
 */
export function listRejections(servers: readonly ServerReading[], by: Grouping): readonly CountedRejection[] {
  const joined = new Map<string, CountedRejection>();
  for (const { document, rates } of servers) {
    for (const row of document.rejections) {
      const labels = pickLabels(row, by);
      const key = JSON.stringify(Object.values(labels));
      const known = joined.get(key);
      const count = { requests: row.requests, perSecond: rates.ofRejection(row) };
      const ageMs = row.lastAt === undefined ? undefined : document.at - row.lastAt;
      joined.set(key, { ...labels, ...addCounts(known ?? NOTHING, count), ageMs: findNewest(known?.ageMs, ageMs) });
    }
  }
  return [...joined.values()].sort(compareCounts);
}

type Labels = Omit<CountedRejection, keyof Count | "ageMs">;

function pickLabels({ outcome, policy, rule, reason, status, issuer }: RejectionRow, by: Grouping): Labels {
  const isAll = by === "all";
  const isRule = isAll || by === "rule";
  const isReason = isAll || by === "reason";
  return {
    outcome,
    policy: isRule ? policy : undefined,
    rule: isRule ? rule : undefined,
    reason: isReason ? reason : undefined,
    status: isReason ? status : undefined,
    issuer: isAll || by === "issuer" ? issuer : undefined,
  };
}

function findNewest(one: number | undefined, other: number | undefined): number | undefined {
  const known = [one, other].filter((age) => age !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function compareCounts(one: Count, other: Count): number {
  return (other.perSecond ?? 0) - (one.perSecond ?? 0) || other.requests - one.requests;
}

/** Returns each rule that judged requests, with the sum of all servers. The rules that are busiest now come first. */
export function listRules(servers: readonly ServerReading[]): readonly CountedRule[] {
  const joined = new Map<string, CountedRule>();
  for (const { document, rates } of servers) {
    for (const row of document.rules) {
      const key = JSON.stringify([row.policy, row.rule]);
      joined.set(key, joinRules(joined.get(key), countRule(row, rates)));
    }
  }
  return [...joined.values()].sort((one, other) => compareCounts(one.requests, other.requests));
}

function countRule(row: RuleRow, rates: Rates): CountedRule {
  const perSecond = rates.ofRule(row);
  return {
    policy: row.policy,
    rule: row.rule,
    requests: { requests: row.requests, perSecond: perSecond.requests },
    denied: { requests: row.denied, perSecond: perSecond.denied },
    wouldDeny: { requests: row.wouldDeny, perSecond: perSecond.wouldDeny },
    inReportMode: row.inReportMode,
  };
}

function joinRules(known: CountedRule | undefined, rule: CountedRule): CountedRule {
  return known === undefined
    ? rule
    : {
        ...rule,
        requests: addCounts(known.requests, rule.requests),
        denied: addCounts(known.denied, rule.denied),
        wouldDeny: addCounts(known.wouldDeny, rule.wouldDeny),
        inReportMode: known.inReportMode + rule.inReportMode,
      };
}
