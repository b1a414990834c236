import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";
import { messageOf } from "../../core/text/error-message.ts";
import type { Log } from "../../observe/operator-log.ts";
import { createFetcher, type FetchJson } from "../fetch/fetch-json.ts";
import { importKeySet } from "../import/import-key-set.ts";
import type { ImportedKey, ImportedKeySet } from "../import/imported-key.ts";
import type { KeyStore } from "../store/key-store.ts";
import type { KnownLeaks } from "../store/leaked-keys.ts";
import { FollowedFile } from "./followed-file.ts";
import { namePlace } from "./issuer-name.ts";
import { type KeyFiles, type LoadedKeySet, loadKeySet } from "./load-key-set.ts";
import {
  type Answer,
  isDue,
  type KeySetState,
  NEW_PLACE,
  type PlaceRecord,
  recordAnswer,
  recordEnd,
  recordFailure,
  recordRestored,
  soundKeys,
  stateAt,
  validityOf,
} from "./place-record.ts";
import { type KeyTimings, refreshDelayMs, retryDelayMs } from "./refresh-delay.ts";

/** Services that the process provides for loading keys. */
export interface KeyPorts {
  /** Returns the time in milliseconds since the epoch. */
  readonly now: () => number;
  /** Receives a line for every key set that is accepted or rejected. The line contains no key material. */
  readonly log: Log;
  readonly files: KeyFiles;
  /** Fetches keys. By default, this is a fetcher without settings. */
  readonly fetchJson?: FetchJson;
  /**
   * Called when a token with an unknown kid would cause a fetch, although the source already has keys. Returns whether the
   * fetch is allowed. By default, such a fetch is always allowed.
   */
  readonly mayLookAgain?: () => boolean;
  /** The store that keeps fetched keys for the next process. By default, fetched keys are not stored. */
  readonly store?: KeyStore | undefined;
  /** Called when the keys in effect change. After such a change, a look-up may have a different result. */
  readonly onChange?: () => void;
}

/** The facts about an issuer that the key set of one source needs. */
export interface KeySetContext {
  readonly issuer: CompiledIssuer;
  readonly ports: KeyPorts;
  readonly timings: KeyTimings;
  readonly leaked: KnownLeaks;
  /** Whether no request has needed the keys for a long time. The key set does not refresh idle keys. */
  readonly isIdle: () => boolean;
  /** Called after each load attempt, successful or not. */
  readonly onLoad: () => void;
}

/**
 * Loads and refreshes the keys from one source. Each answer of the source replaces the previous answer, whatever the
 * new answer contains. A failed load leaves the last answer in effect. All waiting requests share one load, and
 * refreshes run in the background.
 *
 * The record (place-record.ts) contains the state of the source. KeySet replaces the record after each event. KeySet
 * also loads the keys, starts the timers and writes to the store.
 */
export class KeySet {
  readonly origin: KeyOrigin;
  /**
   * A promise that resolves when the stored answer of an earlier process is in effect. Undefined while no stored answer
   * is being restored.
   */
  restoring: Promise<void> | undefined;
  readonly #context: KeySetContext;
  readonly #fetchJson: FetchJson;
  readonly #isFetched: boolean;
  readonly #file: FollowedFile | undefined;
  /** Number of attempts to load the keys since the start of the process. */
  readonly loads = { ok: 0, failed: 0 };
  #record: PlaceRecord = NEW_PLACE;
  #loading: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(origin: KeyOrigin, context: KeySetContext) {
    this.origin = origin;
    this.#context = context;
    this.#fetchJson = context.ports.fetchJson ?? createFetcher();
    this.#file = "file" in origin ? new FollowedFile(origin.file, context.ports.files) : undefined;
    this.#isFetched = !this.#file && origin.from !== "jwks";
    if (this.#isFetched && context.ports.store) {
      this.restoring = this.#restore(context.ports.store).finally(() => {
        this.restoring = undefined;
      });
    }
  }

  /** The keys of the last answer; empty if the last answer is too old. */
  get keys(): readonly ImportedKey[] {
    return this.state === "serving" ? (this.#record.answer?.set.keys ?? []) : [];
  }

  /** The last answer, even if this answer is too old. */
  get lastAnswer(): (ImportedKeySet & { readonly loadedAt: number; readonly isRestored: boolean }) | undefined {
    const { answer } = this.#record;
    return answer && { ...answer.set, loadedAt: answer.loadedAt, isRestored: answer.digest === undefined };
  }

  get state(): KeySetState {
    return stateAt(this.#context.ports.now(), this.#record, this.validity, this.#hasKeys());
  }

  /**
   * The period in which the last answer is valid, in milliseconds since the epoch. After the period, the answer is too
   * old.
   */
  get validity(): readonly [from: number, until: number] {
    return validityOf(this.#record, this.#isFetched ? this.#context.issuer.keyRefresh.maxStaleSeconds : undefined);
  }

  /** How many load attempts in a row found no usable key, and why the last attempt failed. */
  get failures(): { readonly count: number; readonly reason: string | undefined } {
    return { count: this.#record.failures, reason: this.#record.failure };
  }

  get lastAttempt(): PlaceRecord["lastAttempt"] {
    return this.#record.lastAttempt;
  }

  /** From this time on, an unknown kid may cause a fetch (milliseconds since the epoch). */
  get nextAttemptAt(): number {
    return this.#record.nextAttemptAt;
  }

  /**
   * Returns the running load. If no load is running and the time for a load has come, starts a new load and returns it.
   * Returns undefined if no load is running and none is due.
   */
  lookAgain(): Promise<void> | undefined {
    // The plugin polls files, so it does not load a file because of an unknown kid. Keys in the policy itself change
    // only with the policy.
    const canChange = this.#isFetched || !this.#hasKeys();
    if (this.#loading || !canChange || !isDue(this.#record, this.#context.ports.now())) {
      return this.#loading;
    }
    const mayLook = !this.#hasKeys() || this.#context.ports.mayLookAgain?.() !== false;
    return mayLook ? this.refresh() : undefined;
  }

  /** Loads the keys now, unless a load is already running. The promise never rejects. */
  refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
      this.#record = recordEnd(this.#record, this.#context.ports.now(), this.#cooldownMs());
      this.#schedule();
    });
    return this.#loading;
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #load(): Promise<void> {
    const { leaked, onLoad } = this.#context;
    try {
      const loaded = await this.#ask();
      await leaked.restored;
      await this.#take(loaded);
      this.loads.ok += 1;
    } catch (error) {
      this.loads.failed += 1;
      // The next report must say whether stored keys are used. So this function waits until the stored keys have been
      // read.
      await this.restoring;
      this.#record = recordFailure(this.#record, messageOf(error));
    }
    onLoad();
  }

  #ask(): Promise<LoadedKeySet> {
    const { issuer, ports } = this.#context;
    const timeoutMs = issuer.keyRefresh.timeoutSeconds * 1000;
    const load = () => loadKeySet(this.origin, { ...ports, fetchJson: this.#fetchJson }, timeoutMs);
    return this.#file ? this.#file.readUnchanged(load) : load();
  }

  async #take(loaded: LoadedKeySet): Promise<void> {
    const { issuer, ports, leaked } = this.#context;
    const { answer: last } = this.#record;
    // Unchanged keys stay the same objects, so that verification results in the cache stay valid.
    const set = last?.digest === loaded.digest ? last.set : await loaded.importFor(issuer);
    leaked.add(set.leakedThumbprints);
    const answer: Answer = { set, digest: loaded.digest, loadedAt: ports.now() };
    const hasKeys = set.keys.some(({ thumbprint }) => !leaked.has(thumbprint));
    this.#record = recordAnswer(this.#record, answer, loaded.freshForSeconds, hasKeys);
    this.#save(answer);
  }

  #save({ loadedAt }: Answer): void {
    const { issuer, ports } = this.#context;
    if (this.#isFetched) {
      const keys = this.#soundKeys().flatMap(({ jwk }) => (jwk === undefined ? [] : [jwk]));
      void ports.store?.saveKeySet(namePlace(issuer, this.origin), { keys, loadedAt });
    }
  }

  /** Puts the stored answer of an earlier process into effect. Also loads the keys from the source at once. */
  async #restore(store: KeyStore): Promise<void> {
    const { issuer, leaked, onLoad } = this.#context;
    const { origin } = this;
    const stored = await store.readKeySet(namePlace(issuer, origin));
    await leaked.restored;
    if (!stored) {
      return;
    }
    const thumbprints = "thumbprints" in origin ? origin.thumbprints : undefined;
    const set = await importKeySet({ keys: stored.keys }, issuer, thumbprints);
    if (this.#record.answer || this.#isStopped) {
      return; // While the stored answer was read, the source has answered, or the key set was stopped.
    }
    this.#record = recordRestored(this.#record, { set, digest: undefined, loadedAt: stored.loadedAt });
    leaked.add(set.leakedThumbprints);
    onLoad();
    void this.lookAgain();
  }

  async #poll(file: FollowedFile): Promise<void> {
    if (await file.hasChanged(!this.#hasKeys())) {
      await this.refresh();
    } else {
      this.#schedule();
    }
  }

  /** Whether the last answer has keys that are not leaked. The result does not depend on the answer's age. */
  #hasKeys(): boolean {
    return this.#soundKeys().length > 0;
  }

  #soundKeys(): readonly ImportedKey[] {
    return soundKeys(this.#record, (thumbprint) => this.#context.leaked.has(thumbprint));
  }

  /** After a load attempt, an unknown kid causes no fetch for this many milliseconds. */
  #cooldownMs(): number {
    return this.#hasKeys() ? this.#context.issuer.keyRefresh.cooldownSeconds * 1000 : this.#retryMs();
  }

  #retryMs(): number {
    const { issuer, timings } = this.#context;
    return retryDelayMs(issuer.keyRefresh, timings, Math.max(1, this.#record.failures), this.#hasKeys());
  }

  /** Returns how long to wait before the next refresh in the background. */
  #refreshMs(): number {
    const { issuer, timings } = this.#context;
    const { failures, freshForSeconds } = this.#record;
    return failures > 0 ? this.#retryMs() : refreshDelayMs(issuer.keyRefresh, timings, freshForSeconds);
  }

  #schedule(): void {
    const { timings, isIdle } = this.#context;
    clearTimeout(this.#timer);
    if (this.#isStopped || isIdle()) {
      return;
    }
    const file = this.#file;
    if (file) {
      this.#timer = setTimeout(() => void this.#poll(file), timings.filePollMs).unref();
    } else if (this.#isFetched) {
      this.#timer = setTimeout(() => void this.refresh(), this.#refreshMs()).unref();
    }
  }
}
