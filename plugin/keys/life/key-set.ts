import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";
import type { Log } from "../../observe/operator-log.ts";
import { createFetcher, type FetchJson } from "../fetch/fetch-json.ts";
import { importKeySet } from "../import/import-key-set.ts";
import type { ImportedKey, ImportedKeySet } from "../import/imported-key.ts";
import type { KeyStore } from "../store/key-store.ts";
import type { KnownLeaks } from "../store/leaked-keys.ts";
import { namePlace } from "./issuer-name.ts";
import { type KeyFiles, type LoadedKeySet, loadKeySet } from "./load-key-set.ts";
import { type KeyTimings, refreshDelayMs, retryDelayMs } from "./refresh-delay.ts";

/** Services that the process provides to its key sets. */
export interface KeyPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Receives a line for every set that is accepted or rejected, without key material. */
  readonly log: Log;
  readonly files: KeyFiles;
  /** How keys are fetched. Default: a fetcher without settings. */
  readonly fetchJson?: FetchJson;
  /** Where fetched keys are stored for the next process. Default: they are not stored. */
  readonly store?: KeyStore | undefined;
}

/** The context that one place needs from its issuer. */
export interface KeySetContext {
  readonly issuer: CompiledIssuer;
  readonly ports: KeyPorts;
  readonly timings: KeyTimings;
  readonly leaked: KnownLeaks;
  /** Whether no request has needed the keys for a long time. Idle keys are not refreshed. */
  readonly isIdle: () => boolean;
  /** Called after each attempt, successful or not. */
  readonly onLoad: () => void;
}

/**
 * `waiting`: the place has not answered yet. `serving`: keys of its last answer are in effect. `without_keys`: its last answer
 * has no usable key. `too_old`: its last answer is older than `max_stale`.
 */
export type KeySetState = "waiting" | "serving" | "without_keys" | "too_old";

/** The last answer of a place. */
interface Answer {
  readonly set: ImportedKeySet;
  /** Digest of its content; undefined if an earlier process received the answer. */
  readonly digest: string | undefined;
  /** When the place answered, in milliseconds since the epoch. */
  readonly loadedAt: number;
}

/** Keys in a file never become too old, because the operator withdraws keys by removing them from the file. */
const NEVER = Number.POSITIVE_INFINITY;
const MAX_REASONS = 20;
/** If the clock goes back by more than this, the age of keys is unknown. */
const CLOCK_TOLERANCE_MS = 300_000;

/**
 * Loads and refreshes the keys from one place. Each answer of the place replaces the one before, whatever it says. A failed load
 * leaves the last answer in effect. Requests that wait share one load, and refreshes run in the background.
 */
export class KeySet {
  readonly origin: KeyOrigin;
  /** Resolves when the stored answer of an earlier process is in effect; undefined before and after that. */
  restoring: Promise<void> | undefined;
  readonly #context: KeySetContext;
  readonly #fetchJson: FetchJson;
  readonly #isFetched: boolean;
  #answer: Answer | undefined;
  #freshForSeconds: number | undefined;
  #loading: Promise<void> | undefined;
  /** Consecutive attempts without a usable key. */
  #failures = 0;
  #failure: string | undefined;
  #lastAttempt: "none" | "answered" | "failed" = "none";
  #attemptedAt = 0;
  #nextAttemptAt = 0;
  /** Versions of a file: the one that was loaded, and the one that the last poll found. */
  #loadedVersion = "";
  #seenVersion = "";
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(origin: KeyOrigin, context: KeySetContext) {
    this.origin = origin;
    this.#context = context;
    this.#fetchJson = context.ports.fetchJson ?? createFetcher();
    this.#isFetched = !("file" in origin) && origin.from !== "jwks";
    if (this.#isFetched && context.ports.store) {
      this.restoring = this.#restore(context.ports.store).finally(() => {
        this.restoring = undefined;
      });
    }
  }

  /** The keys of the last answer, unless it is too old. */
  get keys(): readonly ImportedKey[] {
    return this.state === "serving" ? (this.#answer?.set.keys ?? []) : [];
  }

  /** The last answer, too old or not. */
  get lastAnswer(): (ImportedKeySet & { readonly loadedAt: number; readonly isRestored: boolean }) | undefined {
    const answer = this.#answer;
    return answer && { ...answer.set, loadedAt: answer.loadedAt, isRestored: answer.digest === undefined };
  }

  get state(): KeySetState {
    if (!this.#answer) {
      return "waiting";
    }
    const [from, until] = this.validity;
    const now = this.#context.ports.now();
    if (now < from || now >= until) {
      return "too_old";
    }
    return this.#hasKeys() ? "serving" : "without_keys";
  }

  /** The time from which the last answer is valid, and the time from which it is too old, in milliseconds since the epoch. */
  get validity(): readonly [from: number, until: number] {
    if (!this.#answer || !this.#isFetched) {
      return [0, NEVER];
    }
    const { loadedAt } = this.#answer;
    return [loadedAt - CLOCK_TOLERANCE_MS, loadedAt + this.#context.issuer.keyRefresh.maxStaleSeconds * 1000];
  }

  /** Consecutive attempts without a usable key, and why the last one failed. */
  get failures(): { readonly count: number; readonly reason: string | undefined } {
    return { count: this.#failures, reason: this.#failure };
  }

  get lastAttempt(): "none" | "answered" | "failed" {
    return this.#lastAttempt;
  }

  /** Time from which an unknown kid may cause a fetch, in milliseconds since the epoch. */
  get nextAttemptAt(): number {
    return this.#nextAttemptAt;
  }

  /** The running fetch, or a new one if it is due; undefined otherwise. */
  lookAgain(): Promise<void> | undefined {
    // Files are polled anyway, and keys in the policy change only with the policy.
    const canChange = this.#isFetched || !this.#hasKeys();
    const now = this.#context.ports.now();
    // A clock that was set back must not delay the next attempt by that time.
    const isDue = now >= this.#nextAttemptAt || now < this.#attemptedAt - CLOCK_TOLERANCE_MS;
    return this.#loading ?? (canChange && isDue ? this.refresh() : undefined);
  }

  /** Loads the keys now, unless a load is already running. Never rejects. */
  refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
      const { now } = this.#context.ports;
      const { cooldownSeconds } = this.#context.issuer.keyRefresh;
      this.#attemptedAt = now();
      this.#nextAttemptAt = now() + (this.#hasKeys() ? cooldownSeconds * 1000 : this.#retryMs());
      this.#schedule();
    });
    return this.#loading;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #load(): Promise<void> {
    const { ports, timings, leaked, onLoad } = this.#context;
    try {
      // Before the file is read, so that a write during the read counts as another version.
      this.#loadedVersion = await this.#identify();
      const loaded = await loadKeySet(this.origin, { ...ports, fetchJson: this.#fetchJson }, timings.fetchTimeoutMs);
      await this.#checkUnchanged(this.#loadedVersion);
      await leaked.restored;
      await this.#take(loaded);
    } catch (error) {
      await this.restoring; // The report says whether stored keys are used.
      this.#failures += 1;
      this.#failure = error instanceof Error ? error.message : "unknown error";
      this.#lastAttempt = "failed";
    }
    onLoad();
  }

  async #take(loaded: LoadedKeySet): Promise<void> {
    const { issuer, ports, leaked } = this.#context;
    // Unchanged keys stay the same objects, so that remembered verifications stay valid.
    const isSame = this.#answer?.digest === loaded.digest;
    const set = isSame && this.#answer ? this.#answer.set : await loaded.importFor(issuer);
    this.#answer = { set, digest: loaded.digest, loadedAt: ports.now() };
    this.#freshForSeconds = loaded.freshForSeconds;
    this.#lastAttempt = "answered";
    leaked.add(set.leakedThumbprints);
    this.#failures = this.#hasKeys() ? 0 : this.#failures + 1;
    this.#failure = this.#hasKeys() ? undefined : describeUnusable(set);
    if (this.#isFetched) {
      void ports.store?.saveKeySet(namePlace(issuer, this.origin), {
        keys: this.#soundKeys()
          .map(({ jwk }) => jwk)
          .filter((jwk) => jwk !== undefined),
        loadedAt: this.#answer.loadedAt,
      });
    }
  }

  /** Puts the answer of an earlier process into effect, and loads from the place itself at once. */
  async #restore(store: KeyStore): Promise<void> {
    const { issuer, leaked, onLoad } = this.#context;
    const { origin } = this;
    const stored = await store.readKeySet(namePlace(issuer, origin));
    await leaked.restored;
    if (!stored || this.#answer || this.#isStopped) {
      return;
    }
    const thumbprints = "thumbprints" in origin ? origin.thumbprints : undefined;
    const set = await importKeySet({ keys: stored.keys }, issuer, thumbprints);
    if (this.#answer) {
      return;
    }
    this.#answer = { set, digest: undefined, loadedAt: stored.loadedAt };
    leaked.add(set.leakedThumbprints);
    onLoad();
    void this.lookAgain();
  }

  /** A changed file is read when two polls in a row found the same version. An unchanged file is not read. */
  async #poll(file: string): Promise<void> {
    const version = await this.#context.ports.files.identify(file);
    const isSettled = version === this.#seenVersion || !this.#hasKeys();
    this.#seenVersion = version;
    if (version === this.#loadedVersion || !isSettled) {
      this.#schedule();
    } else {
      await this.refresh();
    }
  }

  async #identify(): Promise<string> {
    return "file" in this.origin ? await this.#context.ports.files.identify(this.origin.file) : "";
  }

  async #checkUnchanged(version: string): Promise<void> {
    if ((await this.#identify()) !== version) {
      throw new Error(`${"file" in this.origin ? this.origin.file : ""}: it changed while it was read`);
    }
  }

  /** Whether the last answer has keys that are not leaked, too old or not. */
  #hasKeys(): boolean {
    return this.#soundKeys().length > 0;
  }

  #soundKeys(): readonly ImportedKey[] {
    const { leaked } = this.#context;
    return this.#answer?.set.keys.filter(({ thumbprint }) => !leaked.has(thumbprint)) ?? [];
  }

  #retryMs(): number {
    const { issuer, timings } = this.#context;
    return retryDelayMs(issuer.keyRefresh, timings, Math.max(1, this.#failures), this.#hasKeys());
  }

  #schedule(): void {
    const { issuer, timings, isIdle } = this.#context;
    clearTimeout(this.#timer);
    if (this.#isStopped || isIdle()) {
      return;
    }
    if ("file" in this.origin) {
      const { file } = this.origin;
      this.#timer = setTimeout(() => void this.#poll(file), timings.filePollMs).unref();
    } else if (this.#isFetched) {
      const delay =
        this.#failures > 0 ? this.#retryMs() : refreshDelayMs(issuer.keyRefresh, timings, this.#freshForSeconds);
      this.#timer = setTimeout(() => void this.refresh(), delay).unref();
    }
  }
}

function describeUnusable({ leaked, ignored, unused }: ImportedKeySet): string {
  const reasons = [...leaked, ...ignored, ...unused];
  return ["the key set has no usable key", ...reasons.slice(0, MAX_REASONS)].join("; ");
}
