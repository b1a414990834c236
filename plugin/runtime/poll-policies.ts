import type { PolicyFiles } from "./policy-files.ts";

/** Looking at files takes at most this share of one processor; with very many files the looks are further apart. */
const MAX_SHARE = 0.01;
const MAX_DELAY_MS = 30_000;
/** Look again. */
const FAILED = { tookMs: 0, hasChanges: true } as const;

/**
 * Looks at the policy files again and again.
 *
 * @param pollMs time between two looks, in milliseconds.
 * @returns a function that ends it.
 */
export function pollPolicies(files: Pick<PolicyFiles, "look">, pollMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const schedule = (delayMs: number): void => {
    if (!isStopped) {
      timer = setTimeout(look, delayMs).unref();
    }
  };
  const look = async (): Promise<void> => {
    const { tookMs, hasChanges } = await files.look().catch(() => FAILED);
    schedule(hasChanges ? pollMs : delayAfter(tookMs, pollMs));
  };
  schedule(pollMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

/** @param lookMs how long the last look took, in milliseconds. */
export function delayAfter(lookMs: number, pollMs: number): number {
  return Math.max(pollMs, Math.min(lookMs / MAX_SHARE, MAX_DELAY_MS));
}
