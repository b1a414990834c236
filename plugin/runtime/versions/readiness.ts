import { messageOf } from "../../core/text/error-message.ts";
import type { Log } from "../../observe/operator-log.ts";
import type { PolicyLoad } from "../../policy/read-policy.ts";
import { describeFindings } from "./policy-report.ts";
import type { PolicyKeys } from "./wait-for-keys.ts";

/** Whether this process may take over requests from another process. */
export interface Readiness {
  isReady(): boolean;
  /** Why the process is not ready; an empty list if it is ready. */
  reasons(): readonly string[];
  stop(): void;
}

export interface ReadinessOptions {
  /** Names of the policy files under the root. */
  listFiles(): Promise<readonly string[]>;
  /** Reads a policy file, and keeps its policy in effect from now on. */
  preloadFile(file: string): Promise<PolicyLoad>;
  readonly keys: PolicyKeys;
  readonly log: Log;
}

/**
 * Limits for the repeated checks before the process is ready. With thousands of policies, the checks for readiness use
 * at most this share of one processor. The longer the process has waited, the rarer the checks are: the time between
 * two checks is at least this share of the wait so far, up to `MAX_DELAY_MS`. The time grows because a broken policy
 * may keep the process waiting for days.
 */
const MAX_SHARE = 0.05;
const LOOK_MS = 100;
const MAX_DELAY_MS = 5_000;

/**
 * A process becomes ready when every policy file under the root is in effect and the keys of all issuers have been
 * loaded. A ready process stays ready. After a later failure, the process uses the last good version and the known
 * keys. Otherwise, one failure could make all processes of a gateway unready at the same time, and none of them would
 * get requests. A new process that has a broken policy file never becomes ready.
 */
export function watchReadiness({ listFiles, preloadFile, keys, log }: ReadinessOptions): Readiness {
  let reasons: readonly string[] = ["policies are being read"];
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const startedMs = performance.now();

  const findReasons = ({ file, load }: { readonly file: string; readonly load: PolicyLoad }): readonly string[] => {
    if (!load.ok) {
      return describeFindings(file, load.failure);
    }
    void keys.prepare(load.value);
    return keys.findMissing(load.value).map((id) => `${file}: issuer ${id} has no keys yet`);
  };

  const look = async (): Promise<void> => {
    let tookMs = 0;
    try {
      const beginList = performance.now();
      const files = await listFiles();
      const listMs = performance.now() - beginList;
      const loads = await Promise.all(files.map(async (file) => ({ file, load: await preloadFile(file) })));
      const begin = performance.now(); // The code below never waits, so the elapsed time equals the processor time.
      reasons = loads.flatMap(findReasons);
      tookMs = listMs + performance.now() - begin;
    } catch (error) {
      reasons = [`policies cannot be listed: ${messageOf(error)}`];
    }
    if (reasons.length === 0) {
      log.info("ready: every policy is in effect and has its keys");
    } else if (!isStopped) {
      timer = setTimeout(look, delayAfter(tookMs, performance.now() - startedMs)).unref();
    }
  };
  void look();

  return {
    isReady: () => reasons.length === 0,
    reasons: () => reasons,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** The time until the next check, in milliseconds. */
function delayAfter(tookMs: number, waitedMs: number): number {
  return Math.max(LOOK_MS, Math.min(Math.max(tookMs / MAX_SHARE, waitedMs * MAX_SHARE), MAX_DELAY_MS));
}
