import type { ImportedKey, ImportedKeySet } from "../import/imported-key.ts";

/** The last answer from a source of keys. */
export interface Answer {
  readonly set: ImportedKeySet;
  /** Digest of the answer's content; undefined if an earlier process received the answer. */
  readonly digest: string | undefined;
  /** When the source answered, in milliseconds since the epoch. */
  readonly loadedAt: number;
}

/** The state of one source of keys. The functions below make a new record after each event. */
export interface PlaceRecord {
  readonly answer: Answer | undefined;
  /** How many seconds the last answer may be used, according to the source; undefined if the source states no time. */
  readonly freshForSeconds: number | undefined;
  readonly lastAttempt: "none" | "answered" | "failed";
  /** How many load attempts in a row found no usable key, and why the last attempt failed. */
  readonly failures: number;
  readonly failure: string | undefined;
  /** When the last load attempt ended, in milliseconds since the epoch. */
  readonly attemptedAt: number;
  /** From this time on, an unknown kid may cause a fetch (milliseconds since the epoch). */
  readonly nextAttemptAt: number;
}

/**
 * `waiting`: the source has not answered yet. `serving`: keys of the source's last answer are in effect. `without_keys`: the
 * source's last answer has no usable key. `too_old`: the source's last answer is older than `max_stale`.
 */
export type KeySetState = "waiting" | "serving" | "without_keys" | "too_old";

export const NEW_PLACE: PlaceRecord = {
  answer: undefined,
  freshForSeconds: undefined,
  lastAttempt: "none",
  failures: 0,
  failure: undefined,
  attemptedAt: 0,
  nextAttemptAt: 0,
};

const MAX_REASONS = 20;
/** In milliseconds. If the clock was set back by more than this time, the plugin cannot tell how old keys are. */
const CLOCK_TOLERANCE_MS = 300_000;
/** Keys in a file never become too old. To withdraw a key, the operator removes the key from the file. */
const NEVER = Number.POSITIVE_INFINITY;

/** Records an answer that an earlier process received. The current process has not asked the source yet. */
export function recordRestored(record: PlaceRecord, answer: Answer): PlaceRecord {
  return { ...record, answer };
}

/**
 * Records an answer from the source. The answer replaces the previous answer, whatever the new answer contains.
 *
 * @param hasKeys whether the answer has a usable key.
 */
export function recordAnswer(
  record: PlaceRecord,
  answer: Answer,
  freshForSeconds: number | undefined,
  hasKeys: boolean,
): PlaceRecord {
  return {
    ...record,
    answer,
    freshForSeconds,
    lastAttempt: "answered",
    failures: hasKeys ? 0 : record.failures + 1,
    failure: hasKeys ? undefined : describeUnusable(answer.set),
  };
}

/** Records a load attempt that got no answer. The last answer stays in effect. */
export function recordFailure(record: PlaceRecord, failure: string): PlaceRecord {
  return { ...record, lastAttempt: "failed", failures: record.failures + 1, failure };
}

/** Records when a load attempt ended, whether it was successful or not. */
export function recordEnd(record: PlaceRecord, now: number, delayMs: number): PlaceRecord {
  return { ...record, attemptedAt: now, nextAttemptAt: now + delayMs };
}

/** Whether an unknown kid may cause a fetch. A clock that was set back must not delay the next load attempt. */
export function isDue({ attemptedAt, nextAttemptAt }: PlaceRecord, now: number): boolean {
  return now >= nextAttemptAt || now < attemptedAt - CLOCK_TOLERANCE_MS;
}

/** Returns the keys of the last answer, without leaked keys. The function does not check the answer's age. */
export function soundKeys({ answer }: PlaceRecord, isLeaked: (thumbprint: string) => boolean): readonly ImportedKey[] {
  return answer?.set.keys.filter(({ thumbprint }) => !isLeaked(thumbprint)) ?? [];
}

/**
 * Returns the period in which the last answer is valid, in milliseconds since the epoch. After the period, the answer
 * is too old.
 *
 * @param maxStaleSeconds how long an answer may be used; undefined if keys never become too old.
 */
export function validityOf(
  { answer }: PlaceRecord,
  maxStaleSeconds: number | undefined,
): readonly [from: number, until: number] {
  return answer === undefined || maxStaleSeconds === undefined
    ? [0, NEVER]
    : [answer.loadedAt - CLOCK_TOLERANCE_MS, answer.loadedAt + maxStaleSeconds * 1000];
}

/**
 * @param validity the period in which the last answer is valid.
 * @param hasKeys whether the source's last answer has a usable key.
 */
export function stateAt(
  now: number,
  { answer }: PlaceRecord,
  [from, until]: readonly [from: number, until: number],
  hasKeys: boolean,
): KeySetState {
  if (!answer) {
    return "waiting";
  }
  if (now < from || now >= until) {
    return "too_old";
  }
  return hasKeys ? "serving" : "without_keys";
}

function describeUnusable({ leaked, ignored, unused }: ImportedKeySet): string {
  const reasons = [...leaked, ...ignored, ...unused];
  return ["the key set has no usable key", ...reasons.slice(0, MAX_REASONS)].join("; ");
}
