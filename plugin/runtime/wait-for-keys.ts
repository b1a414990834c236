import { setTimeout as sleep } from "node:timers/promises";
import type { CompiledPolicy } from "../core/policy.ts";
import type { Log } from "../observe/operator-log.ts";

/** The part of the key source that policies need when they change. */
export interface PolicyKeys {
  prepare(policy: CompiledPolicy): Promise<void>;
  findMissing(policy: CompiledPolicy): readonly string[];
}

/** Longest wait for the keys of a new version's issuers. A provider that is down must not hold up a stricter policy for ever. */
const KEYS_WAIT_MS = 10_000;

/** Resolves when a new version of a policy may replace the one in force: its issuers have keys, or the wait is over. */
export async function waitForKeys(policy: CompiledPolicy, keys: PolicyKeys, source: string, log: Log): Promise<void> {
  const end = new AbortController();
  const timeout = sleep(KEYS_WAIT_MS, undefined, { signal: end.signal, ref: false }).catch(() => undefined);
  await Promise.race([keys.prepare(policy), timeout]);
  end.abort();
  const missing = keys.findMissing(policy);
  if (missing.length > 0) {
    log.warn(
      `${source} takes over without keys of ${missing.join(", ")}: their tokens get 503 until the keys are there`,
    );
  }
}
