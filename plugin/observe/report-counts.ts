import { type Decision, isAllow } from "../core/model/decision.ts";
import type { Reason } from "../core/model/denial.ts";

/** How often requests of one kind would have been refused without report mode. */
export interface ReportCount {
  readonly policy: string;
  /** Undefined if no rule fits. */
  readonly rule: string | undefined;
  readonly reason: Reason;
  readonly requests: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
}

/** How many requests one rule has decided, so that a rule without reports and a rule without traffic look different. */
export interface JudgedCount {
  readonly policy: string;
  /** Undefined if no rule fits. */
  readonly rule: string | undefined;
  readonly requests: number;
  /** How many of these requests were refused. */
  readonly denied: number;
  /** How many of these requests passed only because of report mode. */
  readonly reported: number;
}

export interface DecisionCounts {
  add(decision: Decision): void;
  /** Counts of requests that report mode let pass, the most frequent first. */
  listReports(): readonly ReportCount[];
  /** The rules that judged requests, the busiest first. */
  listJudged(): readonly JudgedCount[];
}

/** A limit is needed although names come only from configuration, because configuration can change while the process runs. */
const MAX_KINDS = 10_000;

/** A {@link JudgedCount} that is still counting. */
interface Tally {
  readonly policy: string;
  readonly rule: string | undefined;
  requests: number;
  denied: number;
  reported: number;
}

/** @param now milliseconds since the epoch. */
export function countDecisions(now: () => number): DecisionCounts {
  const reports = new Map<string, ReportCount>();
  const judged = new Map<string, Map<string | undefined, Tally>>();
  let rules = 0;

  const findTally = (policy: string, rule: string | undefined): Tally | undefined => {
    const known = judged.get(policy)?.get(rule);
    if (known !== undefined || rules === MAX_KINDS) {
      return known;
    }
    rules += 1;
    const tally: Tally = { policy, rule, requests: 0, denied: 0, reported: 0 };
    const ofPolicy = judged.get(policy) ?? new Map<string | undefined, Tally>();
    judged.set(policy, ofPolicy.set(rule, tally));
    return tally;
  };
  const addReport = (policy: string, rule: string | undefined, reason: Reason): void => {
    const key = JSON.stringify([policy, rule, reason]);
    const before = reports.get(key);
    if (before || reports.size < MAX_KINDS) {
      reports.set(key, { policy, rule, reason, requests: (before?.requests ?? 0) + 1, lastAt: now() });
    }
  };

  return {
    add(decision) {
      const { policy, rule } = decision.evidence;
      const reported = isAllow(decision) ? decision.reported : undefined;
      const tally = findTally(policy, rule);
      if (tally !== undefined) {
        tally.requests += 1;
        tally.denied += isAllow(decision) ? 0 : 1;
        tally.reported += reported ? 1 : 0;
      }
      if (reported) {
        addReport(policy, rule, reported.denial.reason);
      }
    },
    listReports: () => [...reports.values()].sort((a, b) => b.requests - a.requests),
    listJudged: () =>
      [...judged.values()]
        .flatMap((ofPolicy) => [...ofPolicy.values()])
        .map((tally) => ({ ...tally }))
        .sort((a, b) => b.requests - a.requests),
  };
}
