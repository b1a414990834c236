import type { JoseHeader } from "../core/decode.ts";
import type { KeyLookup } from "../core/key.ts";
import type { CompiledIssuer } from "../core/policy.ts";
import type { Log } from "../observe/operator-log.ts";
import { createFetcher, type FetchJson } from "./fetch-json.ts";
import { fetchKeySet } from "./fetch-key-set.ts";
import { importKeySet } from "./import-key-set.ts";
import { indexKeys, type KeyIndex, selectKey } from "./select-key.ts";

/** Times in milliseconds. */
export interface KeyTimings {
  /** A good set is fetched anew this long after it came. */
  readonly refreshMs: number;
  /** An unknown kid causes a fetch at most this often, counted from the last attempt. */
  readonly cooldownMs: number;
  /** First delay after a failed fetch; doubles up to the cooldown. */
  readonly retryMs: number;
  readonly fetchTimeoutMs: number;
}

const KEY_TIMINGS: KeyTimings = {
  refreshMs: 300_000,
  cooldownMs: 30_000,
  retryMs: 1_000,
  fetchTimeoutMs: 2_000,
};

const MAX_KID_IN_LOG = 64;
/** Keys that nobody asked for in this time are no longer refreshed. */
const IDLE_MS = 3_600_000;

export interface IssuerKeys {
  find(joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup>;
  hasKeys(): boolean;
  /** Resolves when there are keys, and sees to it that they are fetched. Never rejects. */
  prepare(): Promise<void>;
  /** Fetches now, unless a fetch is under way. Never rejects. */
  refresh(): Promise<void>;
  stop(): void;
}

/**
 * The keys of one issuer through their life: fetched once for all who wait, refreshed in the background, and kept when a
 * later fetch fails or brings nothing usable.
 *
 * @param now milliseconds since the epoch.
 * @param log told of every set that is taken or refused, in words without key material.
 */
export function createIssuerKeys(
  issuer: CompiledIssuer,
  now: () => number,
  log: Log,
  timings: KeyTimings = KEY_TIMINGS,
  fetchJson: FetchJson = createFetcher(),
): IssuerKeys {
  let index: KeyIndex | undefined;
  let fetching: Promise<void> | undefined;
  let failures = 0;
  let lastReport = "";
  let nextAttemptAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let usedAt: number | undefined;
  let announceKeys = (): void => {};
  const firstKeys = new Promise<void>((resolve) => {
    announceKeys = resolve;
  });
  let isStopped = false;

  const retryDelayMs = (): number => Math.min(timings.retryMs * 2 ** Math.max(0, failures - 1), timings.cooldownMs);

  // Every refresh finds the same, most of the time: only news is worth a line.
  const report = (level: keyof Log, lines: readonly string[]): void => {
    const text = lines.join("\n");
    if (text !== lastReport) {
      lastReport = text;
      for (const line of lines) {
        log[level](`issuer=${issuer.id} iss=${issuer.issuer} ${line}`);
      }
    }
  };

  const takeKeySet = async (): Promise<void> => {
    try {
      const { jwks } = await fetchKeySet(issuer.keys, fetchJson, { timeoutMs: timings.fetchTimeoutMs });
      const { keys, ignored } = await importKeySet(jwks, issuer);
      if (keys.length === 0) {
        throw new Error(["the key set has no usable key", ...ignored].join("; "));
      }
      index = indexKeys(keys);
      failures = 0;
      const kids = keys.map(
        ({ kid, algorithm }) => `${algorithm} ${JSON.stringify(kid?.slice(0, MAX_KID_IN_LOG) ?? null)}`,
      );
      announceKeys();
      report("info", [...ignored.map((reason) => `key ignored: ${reason}`), `keys in force: ${kids.join(", ")}`]);
    } catch (error) {
      failures += 1;
      report("warn", [`keys not fetched: ${error instanceof Error ? error.message : "unknown error"}`]);
    }
  };

  const refresh = (): Promise<void> => {
    usedAt ??= now();
    fetching ??= takeKeySet().finally(() => {
      fetching = undefined;
      nextAttemptAt = now() + (failures > 0 && !index ? retryDelayMs() : timings.cooldownMs);
      schedule();
    });
    return fetching;
  };

  // A policy that is gone asks no more; when it comes back, the unknown kid or the refresh that follows catches up.
  const isIdle = (): boolean => usedAt !== undefined && now() - usedAt > IDLE_MS;

  const schedule = (): void => {
    clearTimeout(timer);
    if (issuer.keys.from !== "jwks" && !isStopped && !isIdle()) {
      timer = setTimeout(refresh, failures > 0 ? retryDelayMs() : timings.refreshMs).unref();
    }
  };

  const lookUp = (joseHeader: JoseHeader): KeyLookup => {
    if (!index) {
      const retryAfterSeconds = Math.max(1, Math.ceil((nextAttemptAt - now()) / 1000));
      return { found: undefined, because: "unavailable", retryAfterSeconds };
    }
    const found = selectKey(index, joseHeader);
    return found ? { found } : { found: undefined, because: "unknown" };
  };

  return {
    find(joseHeader) {
      const wasIdle = isIdle();
      usedAt = now();
      if (wasIdle) {
        void refresh();
      }
      const lookup = lookUp(joseHeader);
      if (lookup.found) {
        return lookup;
      }
      const canChange = issuer.keys.from !== "jwks" || !index;
      const mayFetch = canChange && now() >= nextAttemptAt;
      return fetching || mayFetch ? refresh().then(() => lookUp(joseHeader)) : lookup;
    },
    hasKeys: () => index !== undefined,
    prepare() {
      if (!index) {
        usedAt = now();
        if (!fetching && now() >= nextAttemptAt) {
          void refresh();
        }
      }
      return firstKeys;
    },
    refresh,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
