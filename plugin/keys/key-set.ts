import type { VerificationKey } from "../core/key.ts";
import type { CompiledIssuer, KeyOrigin } from "../core/policy.ts";
import type { Log } from "../observe/operator-log.ts";
import { createFetcher, type FetchJson } from "./fetch-json.ts";
import type { ImportedKeySet } from "./import-key-set.ts";
import { type KeyFiles, loadKeySet } from "./load-key-set.ts";
import { type KeyTimings, refreshDelayMs, retryDelayMs } from "./refresh-delay.ts";

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

/** How the keys from one place stand; for the status endpoint. */
export interface KeySetStatus {
  readonly from: KeyOrigin["from"];
  /** How many keys are in force. */
  readonly keys: number;
  /** Milliseconds since the epoch; undefined when nothing usable ever came. */
  readonly loadedAt: number | undefined;
  /** Failed attempts since then. */
  readonly failures: number;
  /** Why the last attempt failed; undefined when it did not. */
  readonly failure: string | undefined;
}

/** The keys from one place through their life. */
export interface KeySet {
  /** The keys in force; undefined when there are none: none ever came, or the last ones are too old. */
  keys(): readonly VerificationKey[] | undefined;
  /** Milliseconds since the epoch from which on the keys are too old. */
  staleAt(): number;
  /** Milliseconds since the epoch from which on an unknown kid may cause a fetch. */
  nextAttemptAt(): number;
  /** A fetch that is under way, or a new one if it is time for that; undefined when there is nothing to wait for. */
  lookAgain(): Promise<void> | undefined;
  /** Loads now, unless that is under way. Never rejects. */
  refresh(): Promise<void>;
  status(): KeySetStatus;
  stop(): void;
}

type Report = readonly (readonly [level: keyof Log, line: string])[];

const MAX_KID_IN_LOG = 64;
/** A file that is there is as good as new: whoever wants its keys gone takes them out of it. */
const NEVER = Number.POSITIVE_INFINITY;

/**
 * Loads keys once for all who wait, refreshes them in the background, and keeps them when a later load fails or brings nothing usable.
 *
 * @param isIdle whether nobody has asked for the keys for long; then they are no longer refreshed.
 * @param onLoad called after each load that brought keys, the same or others.
 */
export function createKeySet(
  origin: KeyOrigin,
  issuer: CompiledIssuer,
  { now, log, files, fetchJson = createFetcher() }: KeyPorts,
  timings: KeyTimings,
  isIdle: () => boolean,
  onLoad: () => void,
): KeySet {
  const { maxStaleSeconds } = issuer.keyRefresh;
  const isFetched = !("file" in origin) && origin.from !== "jwks";
  let keys: readonly VerificationKey[] | undefined;
  let digest: string | undefined;
  let loadedAt: number | undefined;
  let freshForSeconds: number | undefined;
  let loading: Promise<void> | undefined;
  let failures = 0;
  let failure: string | undefined;
  let inForce: Report = [];
  let lastReport = "";
  let nextAttemptAt = 0;
  let loadedVersion = "";
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  // Every refresh finds the same, most of the time: only news is worth a line.
  const report = (lines: Report): void => {
    const text = lines.join("\n");
    if (text !== lastReport) {
      lastReport = text;
      for (const [level, line] of lines) {
        log[level](`issuer=${issuer.id} iss=${issuer.issuer} ${line}`);
      }
    }
  };

  const take = ({ keys: imported, ignored, leaked }: ImportedKeySet): void => {
    if (imported.length === 0) {
      throw new Error(["the key set has no usable key", ...ignored, ...leaked].join("; "));
    }
    keys = imported;
    inForce = [
      ...leaked.map((reason) => ["warn", reason] as const),
      ...ignored.map((reason) => ["info", `key ignored: ${reason}`] as const),
      ["info", `keys in force: ${imported.map(describeKey).join(", ")}`],
    ];
  };

  const staleAt = (): number => (loadedAt !== undefined && isFetched ? loadedAt + maxStaleSeconds * 1000 : NEVER);
  const usableKeys = (): readonly VerificationKey[] | undefined => (now() < staleAt() ? keys : undefined);

  const load = async (): Promise<void> => {
    try {
      loadedVersion = "file" in origin ? await files.identify(origin.file) : "";
      const loaded = await loadKeySet(origin, { files, fetchJson }, timings.fetchTimeoutMs);
      // The same keys stay the same objects: what was verified with them need not be verified again.
      if (loaded.digest !== digest) {
        take(await loaded.importFor(issuer));
        digest = loaded.digest;
      }
      ({ freshForSeconds } = loaded);
      loadedAt = now();
      failures = 0;
      failure = undefined;
      report(inForce);
      onLoad();
    } catch (error) {
      failures += 1;
      failure = error instanceof Error ? error.message : "unknown error";
      const fate = keys && !usableKeys() ? "; the last ones are too old, and their tokens get 503" : "";
      report([["warn", `keys not loaded: ${failure}${fate}`]]);
    }
  };

  const retryMs = (): number => retryDelayMs(issuer.keyRefresh, timings, failures, keys !== undefined);

  const refresh = (): Promise<void> => {
    loading ??= load().finally(() => {
      loading = undefined;
      nextAttemptAt = now() + (failures > 0 && !keys ? retryMs() : issuer.keyRefresh.cooldownSeconds * 1000);
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
    } else if (isFetched) {
      const delay = failures > 0 ? retryMs() : refreshDelayMs(issuer.keyRefresh, timings, freshForSeconds);
      timer = setTimeout(refresh, delay).unref();
    }
  };

  const canChange = origin.from !== "jwks";
  return {
    keys: usableKeys,
    staleAt,
    nextAttemptAt: () => nextAttemptAt,
    lookAgain: () => loading ?? ((canChange || !keys) && now() >= nextAttemptAt ? refresh() : undefined),
    refresh,
    status: () => ({ from: origin.from, keys: usableKeys()?.length ?? 0, loadedAt, failures, failure }),
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

function describeKey({ kid, algorithm }: VerificationKey): string {
  return `${algorithm} ${JSON.stringify(kid?.slice(0, MAX_KID_IN_LOG) ?? null)}`;
}
