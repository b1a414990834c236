import type { KeyRefresh } from "../../core/model/policy.ts";

/** Limits that no policy sets. All times are in milliseconds. */
export interface KeyTimings {
  /**
   * The first delay after a failed fetch, if the source has no keys. Further failures double the delay until it reaches the
   * cooldown.
   */
  readonly retryMs: number;
  /** Longest time that a request waits for keys. The load itself may take longer. */
  readonly maxWaitMs: number;
  /** How often the process checks key files for changes. */
  readonly filePollMs: number;
  /** If no request has needed some keys for this long, the plugin stops refreshing these keys. */
  readonly idleMs: number;
  /**
   * Maximum number of requests that may wait for the keys of one issuer. Each waiting request occupies a connection, and without
   * a limit clients could occupy all connections.
   */
  readonly maxWaiting: number;
  /** Returns a random number from 0 to 1. Because of random delays, the processes do not all fetch at the same time. */
  readonly random: () => number;
}

export const KEY_TIMINGS: KeyTimings = {
  retryMs: 1_000,
  maxWaitMs: 5_000,
  filePollMs: 1_000,
  idleMs: 86_400_000,
  maxWaiting: 256,
  random: Math.random,
};

/** How many seconds keys count as fresh if the provider states no time. */
const FRESH_SECONDS = 300;
/**
 * The random part is at most a tenth of the delay. Without the random part, processes that started at the same time would always
 * fetch at the same time.
 */
const REFRESH_SPREAD = 0.1;
const RETRY_SPREAD = 0.5;

/**
 * Returns how long to wait after keys have arrived before they are fetched again, in milliseconds. The wait ends before
 * the keys become stale (RFC 9111 section 4.2).
 *
 * @param freshForSeconds how many seconds the keys are fresh; undefined if the provider states no time.
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
 * Returns how long to wait after a failed attempt before the next attempt, in milliseconds. If there are no keys,
 * requests wait for keys. So the delay then starts small and grows up to the cooldown. If there are keys, the delay
 * starts at the cooldown and grows up to the longest time between two refreshes.
 *
 * @param failures number of failed attempts in a row, 1 or more.
 */
export function retryDelayMs(
  { cooldownSeconds, maxSeconds }: KeyRefresh,
  { retryMs, random }: KeyTimings,
  failures: number,
  hasKeys: boolean,
): number {
  const [first, last] = hasKeys ? [cooldownSeconds * 1000, maxSeconds * 1000] : [retryMs, cooldownSeconds * 1000];
  const delay = Math.min(first * 2 ** (failures - 1), last);
  // If there are keys, the random part only makes the delay longer, so there is at most one fetch in each cooldown. If
  // there are no keys, the random part only makes the delay shorter. The policy limits the time until the plugin
  // refuses withdrawn keys, so no delay is longer than `last`. All delays that reach this limit are equal. But the
  // processes still fetch at different times, because their earlier delays differed.
  const spread = delay * (hasKeys ? 1 + RETRY_SPREAD * random() : 1 - RETRY_SPREAD * random());
  return Math.round(Math.min(spread, last));
}
