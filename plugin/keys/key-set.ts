import type { VerificationKey } from "../core/key.ts";
import type { CompiledIssuer, KeyOrigin } from "../core/policy.ts";
import type { Log } from "../observe/operator-log.ts";
import { createFetcher, type FetchJson } from "./fetch-json.ts";
import type { ImportedKeySet } from "./import-key-set.ts";
import { type KeyFiles, loadKeySet } from "./load-key-set.ts";

/** Times in milliseconds. */
export interface KeyTimings {
  /** A good set is fetched anew this long after it came. */
  readonly refreshMs: number;
  /** An unknown kid causes a fetch at most this often, counted from the last attempt. */
  readonly cooldownMs: number;
  /** First delay after a failed fetch while there are no keys; doubles up to the cooldown. */
  readonly retryMs: number;
  readonly fetchTimeoutMs: number;
  /** How often to look whether a file changed. */
  readonly filePollMs: number;
}

/** What key sets get from the process that they live in. */
export interface KeyPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told of every set that is taken or refused, in words without key material. */
  readonly log: Log;
  readonly files: KeyFiles;
  /** How keys are fetched; without it by what needs no settings. */
  readonly fetchJson?: FetchJson;
}

/** The keys from one place through their life. */
export interface KeySet {
  /** The keys in force; undefined as long as none came. */
  keys(): readonly VerificationKey[] | undefined;
  /** Milliseconds since the epoch from which on an unknown kid may cause a fetch. */
  nextAttemptAt(): number;
  /** A fetch that is under way, or a new one if it is time for that; undefined when there is nothing to wait for. */
  lookAgain(): Promise<void> | undefined;
  /** Loads now, unless that is under way. Never rejects. */
  refresh(): Promise<void>;
  stop(): void;
}

const MAX_KID_IN_LOG = 64;

/**
 * Loads keys once for all who wait, refreshes them in the background, and keeps them when a later load fails or brings nothing usable.
 *
 * @param isIdle whether nobody has asked for the keys for long; then they are no longer refreshed.
 * @param onChange called when other keys are in force.
 */
export function createKeySet(
  origin: KeyOrigin,
  issuer: CompiledIssuer,
  { now, log, files, fetchJson = createFetcher() }: KeyPorts,
  timings: KeyTimings,
  isIdle: () => boolean,
  onChange: () => void,
): KeySet {
  let keys: readonly VerificationKey[] | undefined;
  let loading: Promise<void> | undefined;
  let failures = 0;
  let lastReport = "";
  let nextAttemptAt = 0;
  let loadedVersion = "";
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const retryDelayMs = (): number => Math.min(timings.retryMs * 2 ** Math.max(0, failures - 1), timings.cooldownMs);

  // Every refresh finds the same, most of the time: only news is worth a line.
  const report = (lines: readonly (readonly [level: keyof Log, line: string])[]): void => {
    const text = lines.join("\n");
    if (text !== lastReport) {
      lastReport = text;
      for (const [level, line] of lines) {
        log[level](`issuer=${issuer.id} iss=${issuer.issuer} ${line}`);
      }
    }
  };

  const take = ({ keys: loaded, ignored, leaked }: ImportedKeySet): void => {
    if (loaded.length === 0) {
      throw new Error(["the key set has no usable key", ...ignored, ...leaked].join("; "));
    }
    keys = loaded;
    failures = 0;
    onChange();
    const kids = keys.map(
      ({ kid, algorithm }) => `${algorithm} ${JSON.stringify(kid?.slice(0, MAX_KID_IN_LOG) ?? null)}`,
    );
    report([
      ...leaked.map((reason) => ["warn", reason] as const),
      ...ignored.map((reason) => ["info", `key ignored: ${reason}`] as const),
      ["info", `keys in force: ${kids.join(", ")}`],
    ]);
  };

  const load = async (): Promise<void> => {
    try {
      loadedVersion = "file" in origin ? await files.identify(origin.file) : "";
      take(await loadKeySet(origin, issuer, { files, fetchJson }, timings.fetchTimeoutMs));
    } catch (error) {
      failures += 1;
      report([["warn", `keys not loaded: ${error instanceof Error ? error.message : "unknown error"}`]]);
    }
  };

  const refresh = (): Promise<void> => {
    loading ??= load().finally(() => {
      loading = undefined;
      nextAttemptAt = now() + (failures > 0 && !keys ? retryDelayMs() : timings.cooldownMs);
      schedule();
    });
    return loading;
  };

  /** A file that did not change says nothing new. */
  const poll = async (file: string): Promise<void> => {
    if ((await files.identify(file)) === loadedVersion) {
      schedule();
    } else {
      await refresh();
    }
  };

  const schedule = (): void => {
    clearTimeout(timer);
    if (isStopped || isIdle()) {
      return;
    }
    if ("file" in origin) {
      timer = setTimeout(poll, timings.filePollMs, origin.file).unref();
    } else if (origin.from !== "jwks") {
      timer = setTimeout(refresh, failures > 0 ? retryDelayMs() : timings.refreshMs).unref();
    }
  };

  const canChange = origin.from !== "jwks";
  return {
    keys: () => keys,
    nextAttemptAt: () => nextAttemptAt,
    lookAgain: () => loading ?? ((canChange || !keys) && now() >= nextAttemptAt ? refresh() : undefined),
    refresh,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
