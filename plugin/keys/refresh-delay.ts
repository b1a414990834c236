import type { KeyRefresh } from "../core/policy.ts";

/** Bounds that no policy sets; times in milliseconds. */
export interface KeyTimings {
  /** First delay after a failed fetch while there are no keys; doubles up to the cooldown. */
  readonly retryMs: number;
  readonly fetchTimeoutMs: number;
  /** How often to look whether a file changed. */
  readonly filePollMs: number;
  /** Keys that no request asked for in this time are no longer refreshed. */
  readonly idleMs: number;
  /** Most requests that wait for keys of one issuer; each holds a connection, and clients decide how many come. */
  readonly maxWaiting: number;
  /** From 0 to 1: spreads what many processes would do at the same time. */
  readonly random: () => number;
}

export const KEY_TIMINGS: KeyTimings = {
  retryMs: 1_000,
  fetchTimeoutMs: 2_000,
  filePollMs: 1_000,
  idleMs: 86_400_000,
  maxWaiting: 256,
  random: Math.random,
};

/** Where the provider does not say how long its keys are fresh. */
const FRESH_SECONDS = 300;
/** A tenth of the time: processes that started together do not ask together for ever. */
const REFRESH_SPREAD = 0.1;
const RETRY_SPREAD = 0.5;

/**
 * Milliseconds until keys that just came are fetched anew, before they are no longer fresh (RFC 9111 section 4.2).
 *
 * @param freshForSeconds what the provider says; undefined when it does not.
 */
export function refreshDelayMs(
  { minSeconds, maxSeconds }: KeyRefresh,
  { random }: KeyTimings,
  freshForSeconds: number | undefined,
): number {
  const seconds = Math.min(Math.max(freshForSeconds ?? FRESH_SECONDS, minSeconds), maxSeconds);
  return Math.round(seconds * 1000 * (1 - REFRESH_SPREAD * random()));
}

/**
 * Milliseconds until the next attempt after failed ones. Without keys somebody waits, so it begins soon and ends at the cooldown; with
 * keys it begins at the cooldown and ends at the longest time between two refreshes.
 *
 * @param failures in a row, 1 or more.
 */
export function retryDelayMs(
  { cooldownSeconds, maxSeconds }: KeyRefresh,
  { retryMs, random }: KeyTimings,
  failures: number,
  hasKeys: boolean,
): number {
  const [first, last] = hasKeys ? [cooldownSeconds * 1000, maxSeconds * 1000] : [retryMs, cooldownSeconds * 1000];
  const delay = Math.min(first * 2 ** Math.min(failures - 1, 20), last);
  // With keys no sooner, so that there is never more than one fetch in a cooldown; without keys no later. Never later than the bound
  // that withdrawn keys are promised to end at: processes that parted in earlier rounds stay apart.
  const spread = delay * (hasKeys ? 1 + RETRY_SPREAD * random() : 1 - RETRY_SPREAD * random());
  return Math.round(Math.min(spread, last));
}
