import type { CompiledIssuer, KeyOrigin } from "../../core/model/policy.ts";
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

/** Services that the process provides to its key sets. */
export interface KeyPorts {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Receives a line for every accepted or rejected key set. The line contains no key material. */
  readonly log: Log;
  readonly files: KeyFiles;
  /** Fetches keys. Default: a fetcher without settings. */
  readonly fetchJson?: FetchJson;
  /** The store that keeps fetched keys for the next process. Default: fetched keys are not stored. */
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
 * Loads and refreshes the keys from one place. Each answer of the place replaces the previous answer, whatever its content. A
 * failed load leaves the last answer in effect. Requests that wait share one load, and refreshes run in the background.
 *
 * The record contains what is known about the place. This class acts on the record: it loads keys, sets timers and writes to
 * the store.
 */
export class KeySet {
  readonly origin: KeyOrigin;
  /** Resolves when the stored answer of an earlier process is in effect. Undefined when no such answer is being restored. */
  restoring: Promise<void> | undefined;
  readonly #context: KeySetContext;
  readonly #fetchJson: FetchJson;
  readonly #isFetched: boolean;
  readonly #file: FollowedFile | undefined;
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

  /** The keys of the last answer, unless it is too old. */
  get keys(): readonly ImportedKey[] {
    return this.state === "serving" ? (this.#record.answer?.set.keys ?? []) : [];
  }

  /** The last answer, too old or not. */
  get lastAnswer(): (ImportedKeySet & { readonly loadedAt: number; readonly isRestored: boolean }) | undefined {
    const { answer } = this.#record;
    return answer && { ...answer.set, loadedAt: answer.loadedAt, isRestored: answer.digest === undefined };
  }

  get state(): KeySetState {
    return stateAt(this.#context.ports.now(), this.#record, this.validity, this.#hasKeys());
  }

  /** The time from which the last answer is valid, and the time from which it is too old, in milliseconds since the epoch. */
  get validity(): readonly [from: number, until: number] {
    return validityOf(this.#record, this.#isFetched ? this.#context.issuer.keyRefresh.maxStaleSeconds : undefined);
  }

  /** Number of consecutive attempts without a usable key, and why the last attempt failed. */
  get failures(): { readonly count: number; readonly reason: string | undefined } {
    return { count: this.#record.failures, reason: this.#record.failure };
  }

  get lastAttempt(): PlaceRecord["lastAttempt"] {
    return this.#record.lastAttempt;
  }

  /** Time from which an unknown kid may cause a fetch, in milliseconds since the epoch. */
  get nextAttemptAt(): number {
    return this.#record.nextAttemptAt;
  }

  /** The running fetch, or a new fetch if it is due; undefined otherwise. */
  lookAgain(): Promise<void> | undefined {
    // Files are polled anyway. Keys in the policy itself change only with the policy.
    const canChange = this.#isFetched || !this.#hasKeys();
    return this.#loading ?? (canChange && isDue(this.#record, this.#context.ports.now()) ? this.refresh() : undefined);
  }

  /** Loads the keys now, unless a load is already running. Never rejects. */
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
    } catch (error) {
      await this.restoring; // The report says whether stored keys are used.
      this.#record = recordFailure(this.#record, error instanceof Error ? error.message : "unknown error");
    }
    onLoad();
  }

  #ask(): Promise<LoadedKeySet> {
    const { ports, timings } = this.#context;
    const load = () => loadKeySet(this.origin, { ...ports, fetchJson: this.#fetchJson }, timings.fetchTimeoutMs);
    return this.#file ? this.#file.readUnchanged(load) : load();
  }

  async #take(loaded: LoadedKeySet): Promise<void> {
    const { issuer, ports, leaked } = this.#context;
    const { answer: last } = this.#record;
    // Unchanged keys stay the same objects, so that remembered verifications stay valid.
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

  /** Puts the stored answer of an earlier process into effect, and also loads the keys from the place at once. */
  async #restore(store: KeyStore): Promise<void> {
    const { issuer, leaked, onLoad } = this.#context;
    const { origin } = this;
    const stored = await store.readKeySet(namePlace(issuer, origin));
    await leaked.restored;
    if (!stored || this.#record.answer || this.#isStopped) {
      return;
    }
    const thumbprints = "thumbprints" in origin ? origin.thumbprints : undefined;
    const set = await importKeySet({ keys: stored.keys }, issuer, thumbprints);
    if (this.#record.answer) {
      return;
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

  /** Whether the last answer has keys that are not leaked, too old or not. */
  #hasKeys(): boolean {
    return this.#soundKeys().length > 0;
  }

  #soundKeys(): readonly ImportedKey[] {
    return soundKeys(this.#record, (thumbprint) => this.#context.leaked.has(thumbprint));
  }

  /** How long after an attempt an unknown kid cannot cause a fetch. */
  #cooldownMs(): number {
    return this.#hasKeys() ? this.#context.issuer.keyRefresh.cooldownSeconds * 1000 : this.#retryMs();
  }

  #retryMs(): number {
    const { issuer, timings } = this.#context;
    return retryDelayMs(issuer.keyRefresh, timings, Math.max(1, this.#record.failures), this.#hasKeys());
  }

  /** How long to wait before the next refresh in the background. */
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
