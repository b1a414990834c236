import type { Validity } from "../../core/model/decision.ts";
import type { KeyLookup, KeyOverview } from "../../core/model/key.ts";
import type { CompiledIssuer } from "../../core/model/policy.ts";
import { fail } from "../../core/model/result.ts";
import type { JoseHeader } from "../../core/model/token.ts";
import { type CombinedKeys, combineKeys, hasSameKeys } from "../import/combine-keys.ts";
import { selectKey } from "../import/select-key.ts";
import { combineLeaks, LeakedKeys } from "../store/leaked-keys.ts";
import { nameSource } from "./issuer-name.ts";
import { type KeySetStatus, NO_KEYS_IN_EFFECT, PlaceReport } from "./key-report.ts";
import { type KeyPorts, KeySet } from "./key-set.ts";
import { KEY_TIMINGS, type KeyTimings } from "./refresh-delay.ts";

/** The keys of one issuer, from all the sources that the issuer's policy names. */
export class IssuerKeys {
  readonly #now: () => number;
  readonly #onChange: () => void;
  readonly #timings: KeyTimings;
  readonly #leaked: readonly LeakedKeys[];
  readonly #sets: readonly KeySet[];
  readonly #reports: readonly PlaceReport[];
  #combined: CombinedKeys = combineKeys([], () => false);
  /** The cached overview; undefined if a source has changed since the overview was made. */
  #overview: KeyOverview | undefined;
  /** Whether each source has usable keys. */
  #isComplete = false;
  /**
   * The combined keys are valid between these two times, in milliseconds since the epoch. At other times, some of these
   * keys may be too old, or further keys may be valid.
   */
  #combinedFrom = Number.NEGATIVE_INFINITY;
  #combinedUntil = Number.POSITIVE_INFINITY;
  /** How many leaked keys were known when the keys were combined. */
  #combinedLeaked = 0;
  /** The number of requests that wait for keys. */
  #waiting = 0;
  #usedAt: number;
  #announceKeys = (): void => {};
  readonly #firstKeys: Promise<void>;

  /**
   * @param leaked the known leaked keys of each source. All policies that read a source use the same list of leaked
   * keys.
   */
  constructor(
    issuer: CompiledIssuer,
    ports: KeyPorts,
    timings: KeyTimings = KEY_TIMINGS,
    leaked: readonly LeakedKeys[] = issuer.keys.map(
      (origin) => new LeakedKeys(nameSource(issuer, origin), ports.store, ports.onChange),
    ),
  ) {
    this.#now = ports.now;
    this.#onChange = ports.onChange ?? (() => {});
    this.#timings = timings;
    this.#leaked = leaked;
    this.#usedAt = ports.now();
    this.#firstKeys = new Promise((resolve) => {
      this.#announceKeys = resolve;
    });
    const isIdle = (): boolean => this.isIdle();
    const context = { issuer, ports, timings, isIdle, onLoad: this.#settle };
    const leaks = combineLeaks(leaked);
    this.#sets = issuer.keys.flatMap((origin, index) => {
      const known = leaks[index];
      return known ? [new KeySet(origin, { ...context, leaked: known })] : [];
    });
    this.#reports = this.#sets.map((set) => new PlaceReport(set, issuer, ports.log));
  }

  find(joseHeader: JoseHeader): KeyLookup | Promise<KeyLookup> {
    const wasIdle = this.isIdle();
    this.#usedAt = this.#now();
    // While the keys were idle, the issuer may have withdrawn some of them.
    if (wasIdle) {
      return this.#waitFor([this.refresh()], joseHeader);
    }
    const lookup = this.#lookUp(joseHeader);
    if (lookup.ok) {
      return lookup;
    }
    const loads = this.#sets.map((set) => set.lookAgain()).filter((load) => load !== undefined);
    const restores = this.#sets.map(({ restoring }) => restoring).filter((restore) => restore !== undefined);
    if (restores.length > 0) {
      return this.#waitFor(restores, joseHeader, loads);
    }
    return loads.length > 0 ? this.#waitFor(loads, joseHeader) : lookup;
  }

  /**
   * Returns the period in which the keys in effect stay the same. If a source changes, the period ends early, and
   * `onChange` is called. The start and the end of the period are in seconds since the epoch. After the period, a
   * look-up may find other keys. A look-up may then also reload keys that no request has needed for a long time.
   */
  validity(): Validity {
    this.#keepUp();
    const before = Math.min(this.#combinedUntil, this.#usedAt + this.#timings.idleMs);
    return { after: this.#combinedFrom / 1000, before: before / 1000 };
  }

  /** Whether every source has usable keys. */
  hasKeys(): boolean {
    this.#keepUp();
    return this.#isComplete;
  }

  /**
   * Loads keys from each source that has no usable keys, and resolves when every source has keys. The promise never
   * rejects.
   */
  prepare(): Promise<void> {
    this.#usedAt = this.#now();
    for (const set of this.#sets) {
      if (set.keys.length === 0) {
        void set.lookAgain();
      }
    }
    return this.#firstKeys;
  }

  /** Loads the keys now, unless a load is already running. The promise never rejects. */
  async refresh(): Promise<void> {
    this.#usedAt = this.#now();
    await Promise.all(this.#sets.map((set) => set.refresh()));
  }

  /**
   * Whether no request has needed the keys for a long time. The most likely cause is that the policy with this issuer
   * was removed. If the policy comes back, the keys are loaded for the first request that needs them.
   */
  isIdle(): boolean {
    return this.#now() - this.#usedAt > this.#timings.idleMs;
  }

  /**
   * The overview is cached until a source changes. Without the cache, hostile requests could make the plugin compute
   * the overview again and again.
   */
  describe(): KeyOverview {
    this.#overview ??= {
      keys: this.#combined.places.flatMap(({ keys }) => keys),
      notUsed: this.#sets.flatMap(({ lastAnswer }, index) => [
        ...(lastAnswer?.ignored ?? []),
        ...(lastAnswer?.unused ?? []),
        ...(this.#combined.places[index]?.dropped ?? []),
      ]),
      failures: this.#sets.flatMap(({ failures }) => failures.reason ?? []),
    };
    return this.#overview;
  }

  /** Returns the status of each source. */
  status(): readonly KeySetStatus[] {
    this.#keepUp();
    return this.#reports.map((report) => report.status());
  }

  stop(): void {
    for (const set of this.#sets) {
      set.stop();
    }
  }

  #countLeaked(): number {
    return this.#leaked.reduce((sum, { count }) => sum + count, 0);
  }

  readonly #settle = (): void => {
    const now = this.#now();
    const before = this.#combined;
    this.#overview = undefined;
    this.#combined = combineKeys(
      this.#sets.map(({ keys }) => keys),
      (thumbprint) => this.#leaked.some((place) => place.has(thumbprint)),
    );
    this.#combinedLeaked = this.#countLeaked();
    const { places } = this.#combined;
    this.#isComplete = places.every(({ hasKeys }) => hasKeys);
    const edges = this.#sets.flatMap(({ validity }) => validity);
    this.#combinedFrom = Math.max(Number.NEGATIVE_INFINITY, ...edges.filter((edge) => edge <= now));
    this.#combinedUntil = Math.min(Number.POSITIVE_INFINITY, ...edges.filter((edge) => edge > now));
    for (const [index, report] of this.#reports.entries()) {
      report.update(places[index] ?? NO_KEYS_IN_EFFECT);
    }
    if (this.#isComplete) {
      this.#announceKeys();
    }
    if (!hasSameKeys(before, this.#combined)) {
      this.#onChange();
    }
  };

  /**
   * Combines the keys again if they have changed since the last call. The keys can change without a load: some keys may
   * have become too old, or other policies may have found leaked keys.
   */
  #keepUp(): void {
    const now = this.#now();
    const isOfNow = now >= this.#combinedFrom && now < this.#combinedUntil;
    if (!isOfNow || this.#countLeaked() !== this.#combinedLeaked) {
      this.#settle();
    }
  }

  #lookUp(joseHeader: JoseHeader): KeyLookup {
    this.#keepUp();
    const selected = selectKey(this.#combined.index, joseHeader);
    if (selected.ok || this.#isComplete || selected.failure.because !== "unknown") {
      return selected;
    }
    // The token's key may be in a source that has no keys yet. So the plugin must not treat the token as invalid.
    const missing = this.#sets.filter((_set, index) => this.#combined.places[index]?.hasKeys !== true);
    const nextAttemptAt = Math.min(...missing.map((set) => set.nextAttemptAt));
    const retryAfterSeconds = Math.max(1, Math.ceil((nextAttemptAt - this.#now()) / 1000));
    return fail({ because: "unavailable", retryAfterSeconds });
  }

  /** @param loads if the key is not found after the `first` loads, the request also waits for these loads. */
  async #waitFor(
    first: readonly Promise<void>[],
    joseHeader: JoseHeader,
    loads: readonly Promise<void>[] = [],
  ): Promise<KeyLookup> {
    if (this.#waiting >= this.#timings.maxWaiting) {
      return fail({ because: "overloaded" });
    }
    this.#waiting += 1;
    const patience = startPatience(this.#timings.maxWaitMs);
    try {
      await Promise.race([Promise.all(first), patience.over]);
      const lookup = this.#lookUp(joseHeader);
      if (!lookup.ok) {
        await Promise.race([Promise.all(loads), patience.over]);
      }
      return this.#answer(joseHeader, patience.isOver());
    } finally {
      patience.end();
      this.#waiting -= 1;
    }
  }

  /**
   * @param isLoading whether the request stopped waiting while a load was still running. The running load may find the
   * key.
   */
  #answer(joseHeader: JoseHeader, isLoading: boolean): KeyLookup {
    const lookup = this.#lookUp(joseHeader);
    const isUnknown = !lookup.ok && lookup.failure.because === "unknown";
    return isLoading && isUnknown ? fail({ because: "unavailable", retryAfterSeconds: 1 }) : lookup;
  }
}

/** Limits the wait of one request. */
function startPatience(ms: number): {
  readonly over: Promise<void>;
  readonly isOver: () => boolean;
  readonly end: () => void;
} {
  let isOver = false;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      isOver = true;
      resolve();
    }, ms).unref();
  });
  return { over, isOver: () => isOver, end: () => clearTimeout(timer) };
}
