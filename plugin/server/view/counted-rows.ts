import type { Rates } from "./rate-window.ts";
import type { RejectionRow, RuleRow, StatusDocument } from "./status-document.ts";

/** The newest answer of one server. */
export interface ServerReading {
  /** The server's name, if there are several. */
  readonly name: string;
  readonly document: StatusDocument;
  readonly rates: Rates;
}

/** A number since the start, and per second at the moment. */
export interface Count {
  readonly requests: number;
  readonly perSecond: number | undefined;
}

export interface CountedRejection extends Count {
  readonly outcome: RejectionRow["outcome"];
  /** The row's own values. A value is undefined if the row has none, or if rows with different values are joined. */
  readonly policy: string | undefined;
  readonly rule: string | undefined;
  readonly reason: string | undefined;
  readonly status: number | undefined;
  readonly issuer: string | undefined;
  /** How long ago the newest request was, by the server's clock, in milliseconds. */
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

/** How rejections are joined. */
export const GROUPINGS = ["all", "rule", "reason", "issuer"] as const;
export type Grouping = (typeof GROUPINGS)[number];

const NOTHING: Count = { requests: 0, perSecond: undefined };

/** A rate that is unknown does not change the sum. */
function addCounts(one: Count, other: Count): Count {
  const isUnknown = one.perSecond === undefined && other.perSecond === undefined;
  return {
    requests: one.requests + other.requests,
    perSecond: isUnknown ? undefined : (one.perSecond ?? 0) + (other.perSecond ?? 0),
  };
}

/** @param servers if one of them has rates and there are no counts, the sum is 0 per second, and not unknown. */
export function sumCounts(counts: readonly Count[], servers: readonly ServerReading[]): Count {
  const isMeasured = servers.some(({ rates }) => rates.guardHits !== undefined);
  return counts.reduce(addCounts, isMeasured ? { requests: 0, perSecond: 0 } : NOTHING);
}

/** The rejections of all servers, joined as wanted. What happens most often now is first. */
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

/** The rules of all servers that judged requests. The busiest now is first. */
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
