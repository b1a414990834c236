import type { KeyLookup } from "../../core/model/key.ts";
import type { CompiledIssuer } from "../../core/model/policy.ts";
import { fail, succeed } from "../../core/model/result.ts";
import type { JoseHeader } from "../../core/model/token.ts";
import { type CombinedKeys, combineKeys } from "../import/combine-keys.ts";
import { selectKey } from "../import/select-key.ts";
import { combineLeaks, LeakedKeys } from "../store/leaked-keys.ts";
import { nameSource } from "./issuer-name.ts";
import { type KeySetStatus, NO_KEYS_IN_EFFECT, PlaceReport } from "./key-report.ts";
import { type KeyPorts, KeySet } from "./key-set.ts";
import { KEY_TIMINGS, type KeyTimings } from "./refresh-delay.ts";

/** The keys of one issuer, from all the places that its policy names. */
export class IssuerKeys {
  readonly #now: () => number;
  readonly #timings: KeyTimings;
  readonly #leaked: readonly LeakedKeys[];
  readonly #sets: readonly KeySet[];
  readonly #reports: readonly PlaceReport[];
  #combined: CombinedKeys = combineKeys([], () => false);
  /** Whether every place has usable keys. */
  #isComplete = false;
  /**
   * The combined keys are valid between these times, in milliseconds since the epoch. Outside these times, some keys become too
   * old or valid again.
   */
  #combinedFrom = Number.NEGATIVE_INFINITY;
  #combinedUntil = Number.POSITIVE_INFINITY;
  /** How many leaked keys were known when the keys were combined. */
  #combinedLeaked = 0;
  /** Requests that wait for keys. */
  #waiting = 0;
  #usedAt: number;
  #announceKeys = (): void => {};
  readonly #firstKeys: Promise<void>;

  /** @param leaked the known leaked keys of each place. All policies that read a place use the same list. */
  constructor(
    issuer: CompiledIssuer,
    ports: KeyPorts,
    timings: KeyTimings = KEY_TIMINGS,
    leaked: readonly LeakedKeys[] = issuer.keys.map(
      (origin) => new LeakedKeys(nameSource(issuer, origin), ports.store),
    ),
  ) {
    this.#now = ports.now;
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
    // The issuer may have withdrawn keys since the last load.
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

  /** Whether every place has keys that can be used. */
  hasKeys(): boolean {
    this.#keepUp();
    return this.#isComplete;
  }

  /** Starts loading where needed, and resolves when every place has keys. Never rejects. */
  prepare(): Promise<void> {
    this.#usedAt = this.#now();
    for (const set of this.#sets) {
      if (set.keys.length === 0) {
        void set.lookAgain();
      }
    }
    return this.#firstKeys;
  }

  /** Loads the keys now, unless a load is already running. Never rejects. */
  async refresh(): Promise<void> {
    this.#usedAt = this.#now();
    await Promise.all(this.#sets.map((set) => set.refresh()));
  }

  /**
   * Whether no request has needed the keys for a long time, most likely because the policy was removed. If the policy returns,
   * its next request loads the keys.
   */
  isIdle(): boolean {
    return this.#now() - this.#usedAt > this.#timings.idleMs;
  }

  /** One key set for each place. */
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
  };

  /** Combines the keys again if needed. Some keys may have become too old, and other policies may have found leaked keys. */
  #keepUp(): void {
    const now = this.#now();
    const isOfNow = now >= this.#combinedFrom && now < this.#combinedUntil;
    if (!isOfNow || this.#countLeaked() !== this.#combinedLeaked) {
      this.#settle();
    }
  }

  #lookUp(joseHeader: JoseHeader): KeyLookup {
    this.#keepUp();
    const found = selectKey(this.#combined.index, joseHeader);
    if (found) {
      return succeed(found);
    }
    if (this.#isComplete) {
      return fail({ because: "unknown" });
    }
    // The key may be in a place that is missing, so the token must not be called invalid.
    const missing = this.#sets.filter((_set, index) => this.#combined.places[index]?.hasKeys !== true);
    const nextAttemptAt = Math.min(...missing.map((set) => set.nextAttemptAt));
    const retryAfterSeconds = Math.max(1, Math.ceil((nextAttemptAt - this.#now()) / 1000));
    return fail({ because: "unavailable", retryAfterSeconds });
  }

  /** @param loads further loads to wait for, if the first loads do not bring the key. */
  async #waitFor(
    first: readonly Promise<void>[],
    joseHeader: JoseHeader,
    loads: readonly Promise<void>[] = [],
  ): Promise<KeyLookup> {
    if (this.#waiting >= this.#timings.maxWaiting) {
      return fail({ because: "overloaded" });
    }
    this.#waiting += 1;
    try {
      await Promise.all(first);
      const lookup = this.#lookUp(joseHeader);
      if (lookup.ok || loads.length === 0) {
        return lookup;
      }
      await Promise.all(loads);
      return this.#lookUp(joseHeader);
    } finally {
      this.#waiting -= 1;
    }
  }
}
