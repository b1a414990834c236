import type { Answer, Decision, Evidence } from "../core/model/decision.ts";
import type { Reason } from "../core/model/denial.ts";
import type { Mode } from "../core/model/policy.ts";
import { denialOf, type Outcome, outcomeOf } from "./decisions/outcome.ts";

/** How many requests of one kind passed only because of report mode. */
export interface ReportCount {
  readonly policy: string;
  /** The rule's id; undefined if no rule fits. */
  readonly rule: string | undefined;
  readonly reason: Reason;
  readonly requests: number;
  /** The time in milliseconds since the epoch. */
  readonly lastAt: number;
}

/**
 * Counts requests with the same rule, the same issuer and the same reason. Each of these requests was refused, or
 * passed only because of report mode.
 */
export interface RejectionCount {
  readonly policy: string;
  /** The rule's id; undefined if no rule fits. */
  readonly rule: string | undefined;
  /**
   * Id of the issuer in the policy. The id is undefined in two cases: the token names no issuer of the policy, or the
   * plugin refused the request before it read the issuer.
   */
  readonly issuer: string | undefined;
  readonly outcome: "deny" | "would_deny";
  readonly reason: Reason;
  readonly requests: number;
  /** The time in milliseconds since the epoch. */
  readonly lastAt: number;
}

/**
 * How many requests one rule has judged. With this number, a reader can distinguish a rule without findings from a rule
 * without traffic.
 */
export interface JudgedCount {
  readonly policy: string;
  /** The rule's id; undefined if no rule fits. */
  readonly rule: string | undefined;
  readonly requests: number;
  /** How many of the rule's requests were refused. */
  readonly denied: number;
  /** How many of the rule's requests passed only because of report mode. */
  readonly reported: number;
  /** How many of the rule's requests were judged in report mode. */
  readonly inReportMode: number;
}

/** How often requests of one rule had one outcome. */
export interface DecisionCount {
  readonly policy: string;
  /** The rule's id; undefined if no rule fits. */
  readonly rule: string | undefined;
  readonly outcome: Outcome;
  /** The reason; undefined if nothing was denied. */
  readonly reason: Reason | undefined;
  readonly mode: Mode;
  readonly requests: number;
}

/** Facts about a request that its decision does not contain. */
interface CountedEvent {
  readonly mode?: Mode | undefined;
  readonly policy?: { readonly name: string } | undefined;
}

export interface DecisionCounts {
  add(outcome: Decision | Answer, event?: CountedEvent): void;
  /** Counts requests that the guard let pass because of an earlier decision. */
  addPassed(evidence: Evidence, mode: Mode | undefined, requests: number): void;
  /** Returns the count of every kind of decision. There are at most 10,000 kinds. */
  listDecisions(): readonly DecisionCount[];
  /** Returns the counts of requests that report mode let pass, the most frequent first. */
  listReports(): readonly ReportCount[];
  /**
   * Returns the counts of requests that were refused, and of requests that passed only because of report mode. The
   * counts contain the issuers. The most frequent kind is first.
   */
  listRejections(): readonly RejectionCount[];
  /** Returns the rules that judged requests, the busiest first. */
  listJudged(): readonly JudgedCount[];
}

/**
 * Maximum number of counts. The names of counts come only from configuration. But configuration can change while the
 * process runs, so the counts need a limit.
 */
const MAX_KINDS = 10_000;
/**
 * The counts by issuer have their own limit. So even if there are many issuers, every rule is counted. When this limit
 * is reached, further requests are counted without an issuer.
 */
const MAX_ISSUER_COUNTS = 10_000;

interface Times {
  requests: number;
  lastAt: number;
}

/** A {@link DecisionCount} that the process still adds to. */
interface Kind extends Times {
  readonly outcome: Outcome;
  readonly reason: Reason | undefined;
  readonly mode: Mode;
  /** The number of requests for each issuer, and of requests without an issuer. Empty if this kind has no reason. */
  readonly byIssuer: Map<string | undefined, Times>;
}

/** The decisions of one rule. */
interface Tally {
  readonly policy: string;
  readonly rule: string | undefined;
  readonly kinds: Map<string, Kind>;
}

/** @param now milliseconds since the epoch. */
export function countDecisions(now: () => number): DecisionCounts {
  const judged = new Map<string, Map<string | undefined, Tally>>();
  let kindCount = 0;
  let issuerCount = 0;

  const findTally = (policy: string, rule: string | undefined): Tally => {
    const known = judged.get(policy)?.get(rule);
    if (known !== undefined) {
      return known;
    }
    const tally: Tally = { policy, rule, kinds: new Map() };
    if (kindCount < MAX_KINDS) {
      const ofPolicy = judged.get(policy) ?? new Map<string | undefined, Tally>();
      judged.set(policy, ofPolicy.set(rule, tally));
    }
    return tally;
  };
  const findKind = (
    { policy, rule }: Evidence,
    { outcome, reason, mode }: Pick<Kind, "outcome" | "reason" | "mode">,
  ): Kind | undefined => {
    const { kinds } = findTally(policy, rule);
    const name = `${outcome} ${mode} ${reason}`;
    const known = kinds.get(name);
    if (known !== undefined || kindCount >= MAX_KINDS) {
      return known;
    }
    kindCount += 1;
    const kind: Kind = { outcome, reason, mode, requests: 0, lastAt: 0, byIssuer: new Map() };
    kinds.set(name, kind);
    return kind;
  };
  const countIssuer = (kind: Kind, issuer: string | undefined, lastAt: number): void => {
    const known = kind.byIssuer.get(issuer);
    const isNew = known === undefined && (issuer === undefined || issuerCount < MAX_ISSUER_COUNTS);
    if (isNew) {
      issuerCount += issuer === undefined ? 0 : 1;
      kind.byIssuer.set(issuer, { requests: 1, lastAt });
    } else if (known !== undefined) {
      known.requests += 1;
      known.lastAt = lastAt;
    } else {
      countIssuer(kind, undefined, lastAt);
    }
  };
  const listTallies = (): readonly Tally[] => [...judged.values()].flatMap((ofPolicy) => [...ofPolicy.values()]);

  return {
    add(outcome, { mode = "enforce", policy } = {}) {
      const evidence = outcome.verdict === "answer" ? { policy: policy?.name ?? "" } : outcome.evidence;
      const denial = denialOf(outcome);
      const kind = findKind(evidence, { outcome: outcomeOf(outcome), reason: denial?.denial.reason, mode });
      if (kind !== undefined) {
        kind.requests += 1;
        if (denial !== undefined) {
          kind.lastAt = now();
          countIssuer(kind, denial.evidence.issuer, kind.lastAt);
        }
      }
    },
    addPassed(evidence, mode = "enforce", requests) {
      const kind = findKind(evidence, { outcome: "allow", reason: undefined, mode });
      if (kind !== undefined) {
        kind.requests += requests;
      }
    },
    listDecisions: () =>
      listTallies().flatMap(({ policy, rule, kinds }) =>
        [...kinds.values()].map(({ outcome, reason, mode, requests }) => ({
          policy,
          rule,
          outcome,
          reason,
          mode,
          requests,
        })),
      ),
    listReports: () =>
      listTallies()
        .flatMap(({ policy, rule, kinds }) =>
          [...kinds.values()].flatMap(({ outcome, reason, requests, lastAt }) =>
            outcome === "would_deny" && reason !== undefined ? [{ policy, rule, reason, requests, lastAt }] : [],
          ),
        )
        .sort((a, b) => b.requests - a.requests),
    listRejections: () =>
      listTallies()
        .flatMap(({ policy, rule, kinds }) =>
          [...kinds.values()].flatMap(({ outcome, reason, byIssuer }) =>
            (outcome === "deny" || outcome === "would_deny") && reason !== undefined
              ? [...byIssuer].map(([issuer, times]) => ({ policy, rule, issuer, outcome, reason, ...times }))
              : [],
          ),
        )
        .sort((a, b) => b.requests - a.requests),
    listJudged: () =>
      listTallies()
        .map(({ policy, rule, kinds }) => {
          const judgedKinds = [...kinds.values()].filter(({ outcome }) => outcome !== "answer");
          const sum = (isCounted: (kind: Kind) => boolean): number =>
            judgedKinds.filter(isCounted).reduce((total, kind) => total + kind.requests, 0);
          return {
            policy,
            rule,
            requests: sum(() => true),
            denied: sum(({ outcome }) => outcome === "deny"),
            reported: sum(({ outcome }) => outcome === "would_deny"),
            inReportMode: sum(({ mode }) => mode === "report"),
          };
        })
        .filter(({ requests }) => requests > 0)
        .sort((a, b) => b.requests - a.requests),
  };
}
