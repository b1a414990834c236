import type { PolicyFiles } from "./policy-files.ts";

/**
 * The checks of policy files use at most this share of one processor. So if there are very many files, the time between
 * two checks becomes longer. All the work of an idle plugin server together then takes less than 1 % of a processor.
 */
const MAX_SHARE = 0.004;
const MAX_DELAY_MS = 30_000;
/**
 * The shortest of this many checks decides when the next check comes. Other work on the machine can make a check take
 * longer, and one such check must not delay the next change of a policy.
 */
const RECENT_CHECKS = 3;
/** The result that is used for a failed check. With this result, the next check comes soon. */
const FAILED = { tookMs: 0, hasChanges: true } as const;

/**
 * Polls the policy files.
 *
 * @param pollMs time between two checks, in milliseconds.
 * @returns a function that stops polling.
 */
export function pollPolicies(files: Pick<PolicyFiles, "look">, pollMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let recent: readonly number[] = [];
  const schedule = (delayMs: number): void => {
    if (!isStopped) {
      timer = setTimeout(look, delayMs).unref();
    }
  };
  const look = async (): Promise<void> => {
    const { tookMs, hasChanges } = await files.look().catch(() => FAILED);
    recent = [...recent, tookMs].slice(-RECENT_CHECKS);
    schedule(hasChanges ? pollMs : delayAfter(Math.min(...recent), pollMs));
  };
  schedule(pollMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

/** @param lookMs how long a check takes, in milliseconds. */
export function delayAfter(lookMs: number, pollMs: number): number {
  return Math.max(pollMs, Math.min(lookMs / MAX_SHARE, MAX_DELAY_MS));
}
