import type { Allow } from "../core/decision.ts";
import type { Reason } from "../core/denial.ts";

/** How often requests of one kind would have been refused, were their rule not in report mode. */
export interface ReportCount {
  readonly policy: string;
  /** Undefined where no rule fits. */
  readonly rule: string | undefined;
  readonly reason: Reason;
  readonly requests: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
}

export interface ReportCounts {
  add(allow: Allow): void;
  /** The most frequent first. */
  list(): readonly ReportCount[];
}

/** Names come from configuration only, which may change for as long as the process lives. */
const MAX_KINDS = 10_000;

/** @param now milliseconds since the epoch. */
export function countReports(now: () => number): ReportCounts {
  const counts = new Map<string, ReportCount>();
  return {
    add({ reported, evidence: { policy, rule } }) {
      if (!reported) {
        return;
      }
      const { reason } = reported.denial;
      const key = JSON.stringify([policy, rule, reason]);
      const before = counts.get(key);
      if (before || counts.size < MAX_KINDS) {
        counts.set(key, { policy, rule, reason, requests: (before?.requests ?? 0) + 1, lastAt: now() });
      }
    },
    list: () => [...counts.values()].sort((a, b) => b.requests - a.requests),
  };
}
