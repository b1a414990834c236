import type { RejectionRow, RuleRow, StatusDocument } from "./status-document.ts";

/** The requests per second of one server. After the first answer, every rate is undefined, because a rate needs two answers. */
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
 * Compares each answer of one server with the answer about ten seconds earlier. So the rates are steady, but still show
 * a change soon.
 */
export class RateWindow {
  readonly #documents: { readonly document: StatusDocument; readonly counters: ReadonlyMap<string, number> }[] = [];

  /** Adds an answer of the server, and returns its rates. */
  measure(document: StatusDocument): Rates {
    const known = this.#documents;
    const last = known.at(-1)?.document;
    // If another process answered, its counts cannot be compared. If the clock was set back, no rate can be computed.
    if (last !== undefined && (last.countedSince !== document.countedSince || last.at > document.at)) {
      known.length = 0;
    }
    const counters = listCounters(document);
    known.push({ document, counters });
    while (isTooOld(known[1]?.document, document) || known.length > MAX_DOCUMENTS) {
      known.shift();
    }
    const [first = { document, counters }] = known;
    const seconds = (document.at - first.document.at) / 1_000;
    const rateOf = (key: string): number | undefined =>
      seconds > 0 ? Math.max(0, ((counters.get(key) ?? 0) - (first.counters.get(key) ?? 0)) / seconds) : undefined;
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

/** Whether the oldest answer can be dropped, because the second oldest answer is already as old as the window. */
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
