import type { IncomingHttpHeaders } from "node:http";
import type { Sent } from "../world/load.ts";
import { JUDGES, type Judge, judgedHeader, type Kind, ROUTES, requiredScope } from "../world/world.ts";

/** The result of a fault: one row of the table. */
export interface Assessment {
  readonly requests: number;
  /** Requests that reached the upstream although they had no verdict, or no valid token with the needed permissions. */
  readonly leaked: readonly string[];
  /** Requests that were decided by another rule, by another policy, or with another request's token. */
  readonly judgedByAnother: readonly string[];
  readonly valid: number;
  /** Counts the valid requests that were not served. A key is the status and the message of the answer: `503 down`. */
  readonly refusedValid: Readonly<Record<string, number>>;
  /**
   * The time from the fault, or from the end of the fault, until every route served valid requests again; undefined if
   * a route never did.
   */
  readonly recoveryMs: number | undefined;
  /** The longest time for which a request waited for its answer. */
  readonly longestHoldMs: number;
}

export interface Evidence {
  readonly sent: readonly Sent[];
  readonly arrivalsOf: (id: string) => readonly IncomingHttpHeaders[];
  /** The policies that may have judged a request. While a change takes effect, there are two. */
  readonly judgesOf: (sent: Sent) => readonly Judge[];
  /** When the fault came. If the fault lasts for some time, when it ended. In the time of `performance.now()`. */
  readonly faultMs: number;
}

/**
 * Judges the answers to the clients, and the requests that reached the upstream. Only this function defines a leak.
 */
export function assess({ sent, arrivalsOf, judgesOf, faultMs }: Evidence): Assessment {
  const leaked: string[] = [];
  const judgedByAnother: string[] = [];
  const refusedValid: Record<string, number> = {};
  const owed = sent.filter((one) => isOwed(one, judgesOf(one)));
  for (const one of sent) {
    for (const headers of arrivalsOf(one.id)) {
      const { leak, another } = assessArrival(one, headers, judgesOf(one));
      leaked.push(...describe(one, leak));
      judgedByAnother.push(...describe(one, another));
    }
    judgedByAnother.push(...describe(one, readWrongChallenge(one, judgesOf(one))));
  }
  for (const one of owed.filter((one) => one.status !== 200)) {
    const answer = `${one.status === 0 ? "no answer" : one.status} ${one.message}`.trim();
    refusedValid[answer] = (refusedValid[answer] ?? 0) + 1;
  }
  const waits = sent.filter(({ isBrokenOff }) => !isBrokenOff).map(({ startMs, endMs }) => endMs - startMs);
  return {
    requests: sent.length,
    leaked,
    judgedByAnother,
    valid: owed.length,
    refusedValid,
    recoveryMs: measureRecovery(owed, faultMs),
    longestHoldMs: Math.round(waits.reduce((longest, wait) => Math.max(longest, wait), 0)),
  };
}

/** Whether a request may pass under a policy. */
function isEntitled(kind: Kind, judge: Judge): boolean {
  return kind === "valid" || kind === `only_${judge}`;
}

/**
 * Whether the client must be served. A client must be served under two conditions: each policy that may have judged the
 * request permits it, and the client waited for the answer.
 */
function isOwed({ kind, isBrokenOff }: Sent, judges: readonly Judge[]): boolean {
  return !isBrokenOff && judges.every((judge) => isEntitled(kind, judge));
}

function assessArrival(
  { kind, subject }: Sent,
  headers: IncomingHttpHeaders,
  judges: readonly Judge[],
): { readonly leak?: string; readonly another?: string } {
  const marks = JUDGES.filter((judge) => headers[judgedHeader(judge)] !== undefined);
  const [judge] = marks;
  if (judge === undefined || marks.length > 1) {
    return { leak: `reached the upstream with the marks of ${marks.length} policies` };
  }
  const identity = headers[judgedHeader(judge)];
  return {
    ...(isEntitled(kind, judge) ? {} : { leak: `reached the upstream through ${judge}` }),
    ...(!judges.includes(judge) ? { another: `was let pass by ${judge} instead of ${judges.join(" or ")}` } : {}),
    ...(identity !== subject ? { another: `reached the upstream as ${identity} instead of ${subject}` } : {}),
  };
}

/**
 * A challenge names the policy (`realm`). If a scope is missing, the answer also names the scopes that the rule
 * requires.
 */
function readWrongChallenge({ route, challenge }: Sent, judges: readonly Judge[]): string | undefined {
  if (challenge === undefined) {
    return undefined;
  }
  const [, realm] = /realm="([^"]*)"/.exec(challenge) ?? [];
  const [, scope] = /scope="([^"]*)"/.exec(challenge) ?? [];
  const judge = judges.find((one) => one === realm);
  const isRight = judge !== undefined && (scope === undefined || scope === requiredScope(judge, route));
  return isRight ? undefined : `was refused by realm ${realm}, scope ${scope} instead of ${judges.join(" or ")}`;
}

function describe({ id, route, kind, startMs }: Sent, what: string | undefined): string[] {
  return what === undefined ? [] : [`${id} (${kind}, route ${route}, at ${Math.round(startMs)} ms) ${what}`];
}

/** Whether every route has served a valid request that began after this time, and after the route's last failure. */
export function isServedAgain(sent: readonly Sent[], sinceMs: number): boolean {
  return Array.from({ length: ROUTES }, (_, route) => {
    const valid = sent.filter((one) => one.route === route && one.kind === "valid" && !one.isBrokenOff);
    const failures = valid.filter(({ status }) => status !== 200);
    const afterMs = Math.max(sinceMs, ...failures.map(({ startMs }) => startMs));
    return valid.some(({ status, startMs }) => status === 200 && startMs > afterMs);
  }).every(Boolean);
}

function measureRecovery(owed: readonly Sent[], faultMs: number): number | undefined {
  const recoveries = Array.from({ length: ROUTES }, (_, route) => {
    const ofRoute = owed.filter((one) => one.route === route);
    const failures = ofRoute.filter(({ status, endMs }) => status !== 200 && endMs > faultMs);
    if (failures.length === 0) {
      return 0;
    }
    const lastFailure = Math.max(...failures.map(({ startMs }) => startMs));
    const served = ofRoute.filter(({ status, startMs }) => status === 200 && startMs > lastFailure);
    return Math.max(0, Math.min(...served.map(({ endMs }) => endMs)) - faultMs);
  });
  const slowest = Math.max(...recoveries);
  return Number.isFinite(slowest) ? Math.round(slowest) : undefined;
}
