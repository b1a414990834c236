import { setTimeout as sleep } from "node:timers/promises";
import type { CompiledPolicy } from "../../core/model/policy.ts";
import type { Log } from "../../observe/operator-log.ts";
import type { PolicyVersion } from "./policy-version.ts";

/** The part of the key source that is needed when a policy changes. */
export interface PolicyKeys {
  prepare(policy: CompiledPolicy): Promise<void>;
  findMissing(policy: CompiledPolicy): readonly string[];
}

/**
 * Longest wait for the keys of a new version's issuers, in milliseconds. A provider that is down must not delay a stricter
 * policy for ever.
 */
const KEYS_WAIT_MS = 10_000;

/**
 * Waits until the issuers of a `ready` version have keys. Stops if the version retires. The wait takes at most
 * {@link KEYS_WAIT_MS}.
 *
 * @param wait Resolves after the longest wait, or when the signal aborts.
 */
export async function waitForKeys(
  version: PolicyVersion,
  keys: PolicyKeys,
  wait: (signal: AbortSignal) => Promise<void> = waitLongest,
): Promise<void> {
  const { policy } = version;
  if (!policy) {
    return;
  }
  const end = new AbortController();
  const signal = AbortSignal.any([end.signal, version.retired]);
  await Promise.race([keys.prepare(policy), wait(signal)]);
  end.abort();
}

/** Warns that a version takes effect, although some of its issuers have no keys. */
export function warnOfMissingKeys(policy: CompiledPolicy, keys: PolicyKeys, source: string, log: Log): void {
  const missing = keys.findMissing(policy);
  if (missing.length > 0) {
    log.warn(
      `${source} takes effect without keys of ${missing.join(", ")}: tokens of these issuers get 503 until the keys have been fetched`,
    );
  }
}

/** Resolves after {@link KEYS_WAIT_MS}, or when the signal aborts. */
export async function waitLongest(signal: AbortSignal): Promise<void> {
  await sleep(KEYS_WAIT_MS, undefined, { signal, ref: false }).catch(() => undefined);
}
