import type { Generation } from "./generation.ts";

/** Each new generation empties all caches of verdicts. So refusals of tokens begin at most one generation in this time. */
const PAUSE_MS = 1_000;

export interface RefusalClock {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls back after `ms` milliseconds. */
  readonly wait: (callback: () => void, ms: number) => void;
}

/**
 * Makes a refused token known to the guard. The server checks for refused tokens before it reuses a verdict. The guard cannot do that, so
 * a new generation drops its verdicts. Refusals within the same second share one generation.
 *
 * @returns the function to call after a token became refused.
 */
export function refuseInGuard(generation: Generation, { now, wait }: RefusalClock): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  let isWaiting = false;
  const begin = (): void => {
    isWaiting = false;
    lastMs = now();
    generation.begin();
  };
  return () => {
    if (isWaiting) {
      return;
    }
    const pauseMs = lastMs + PAUSE_MS - now();
    if (pauseMs <= 0) {
      begin();
    } else {
      isWaiting = true;
      wait(begin, pauseMs);
    }
  };
}
