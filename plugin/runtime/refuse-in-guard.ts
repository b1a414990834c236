import type { Generation } from "./generation.ts";

/**
 * When the watch refuses a token, a new generation begins. At least this many milliseconds pass between two such
 * generations, because each new generation empties all caches of verdicts.
 */
const PAUSE_MS = 1_000;

export interface RefusalClock {
  /** Returns milliseconds from a clock that never goes back. */
  readonly now: () => number;
  /** Calls back after `ms` milliseconds. */
  readonly wait: (callback: () => void, ms: number) => void;
}

/**
 * Makes the guard ask the plugin server again about a token that the watch has begun to refuse. The plugin server
 * checks for refused tokens before it reuses a verdict. The guard cannot check whether a token is refused. So a new
 * generation makes the guard drop its verdicts. All tokens that the watch refuses within one second share one new
 * generation.
 *
 * @returns the function to call after the plugin starts to refuse a token.
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
