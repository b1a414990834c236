import type { RejectionRow, RuleRow, StatusDocument } from "./status-document.ts";

/** Requests per second of one server. A rate is undefined after the first answer, because a rate needs two. */
export interface Rates {
  ofRejection(row: RejectionRow): number | undefined;
  ofRule(row: RuleRow): RuleRates;
  readonly guardHits: number | undefined;
}

interface RuleRates {
  readonly requests: number | undefined;
  readonly denied: number | undefined;
  readonly wouldDeny: number | undefined;
}

const WINDOW_MS = 10_000;
const MAX_DOCUMENTS = 100;

/**
 * Compares each answer of one server with its answer about ten seconds earlier, so that rates do not jump, but still show a
 * change at once.
 */
export class RateWindow {
  readonly #documents: { readonly document: StatusDocument; readonly counters: ReadonlyMap<string, number> }[] = [];

  /** Adds an answer, and measures its rates. */
  measure(document: StatusDocument): Rates {
    const known = this.#documents;
    const last = known.at(-1)?.document;
    // Another process has other counts. If the clock was set back, there is no time span.
    if (last !== undefined && (last.countedSince !== document.countedSince || last.at > document.at)) {
      known.length = 0;
    }
    const counters = listCounters(document);
    known.push({ document, counters });
    while (isTooOld(known[1]?.document, document) || known.length > MAX_DOCUMENTS) {
      known.shift();
    }
    const [first] = known;
    const seconds = (document.at - (first?.document.at ?? document.at)) / 1_000;
    const rateOf = (key: string): number | undefined =>
      seconds > 0 ? Math.max(0, ((counters.get(key) ?? 0) - (first?.counters.get(key) ?? 0)) / seconds) : undefined;
    return {
      ofRejection: (row) => rateOf(keyOfRejection(row)),
      ofRule: (row) => ({
        requests: rateOf(keyOfRule(row, "requests")),
        denied: rateOf(keyOfRule(row, "denied")),
        wouldDeny: rateOf(keyOfRule(row, "wouldDeny")),
      }),
      guardHits: rateOf(GUARD),
    };
  }
}

/** Whether the oldest answer can be dropped, because the second oldest is already as old as the window. */
function isTooOld(second: StatusDocument | undefined, newest: StatusDocument): boolean {
  return second !== undefined && second !== newest && newest.at - second.at >= WINDOW_MS;
}

const GUARD = "guard";

function keyOfRejection({ policy, rule, issuer, outcome, reason }: RejectionRow): string {
  return JSON.stringify([policy, rule, issuer, outcome, reason]);
}

function keyOfRule({ policy, rule }: RuleRow, count: "requests" | "denied" | "wouldDeny"): string {
  return JSON.stringify([policy, rule, count]);
}

function listCounters({ rejections, rules, guardHits }: StatusDocument): ReadonlyMap<string, number> {
  const counters = new Map<string, number>([[GUARD, guardHits ?? 0]]);
  const add = (key: string, requests: number): void => void counters.set(key, (counters.get(key) ?? 0) + requests);
  for (const row of rejections) {
    add(keyOfRejection(row), row.requests);
  }
  for (const row of rules) {
    add(keyOfRule(row, "requests"), row.requests);
    add(keyOfRule(row, "denied"), row.denied);
    add(keyOfRule(row, "wouldDeny"), row.wouldDeny);
  }
  return counters;
}
