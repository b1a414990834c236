import type { KeyStore } from "./key-store.ts";

/** Maximum number of leaked keys to remember. An issuer never publishes so many private keys by mistake. */
const MAX_LEAKED = 1_000;

/** The leaked keys that one place of keys must not use. */
export interface KnownLeaks {
  /** Resolves when the leaked keys that earlier processes stored are loaded. Never rejects. */
  readonly restored: Promise<void>;
  has(thumbprint: string): boolean;
  /** The place itself published the private part of these keys. */
  add(thumbprints: readonly string[]): void;
}

/**
 * The keys of one issuer whose private part one place published once. They stay rejected for good, in every place and under
 * every kid of the policies that read this place, even if the issuer removes the private part again. Other policies ignore the
 * leak, because their authors did not choose the place. Otherwise the author of any policy could make all policies reject an
 * issuer's keys, by naming a place of their own.
 */
export class LeakedKeys {
  /** Resolves when the leaked keys that earlier processes stored are loaded. Never rejects. */
  readonly restored: Promise<void>;
  readonly #name: string;
  readonly #store: KeyStore | undefined;
  readonly #thumbprints = new Set<string>();

  /** @param name of the issuer and the place. */
  constructor(name: string, store?: KeyStore) {
    this.#name = name;
    this.#store = store;
    this.restored = this.#restore();
  }

  /** The number of leaked keys. It only grows, so a changed number means that more keys are leaked. */
  get count(): number {
    return this.#thumbprints.size;
  }

  /** Fails closed: if there are too many to remember, every key counts as leaked. */
  has(thumbprint: string): boolean {
    return this.#thumbprints.has(thumbprint) || this.count >= MAX_LEAKED;
  }

  add(thumbprints: readonly string[]): void {
    if (this.#take(thumbprints)) {
      void this.#store?.saveLeaked(this.#name, [...this.#thumbprints]);
    }
  }

  async #restore(): Promise<void> {
    this.#take((await this.#store?.readLeaked(this.#name)) ?? []);
  }

  /** Adds thumbprints. Returns whether one of them is new. */
  #take(thumbprints: readonly string[]): boolean {
    const before = this.count;
    for (const thumbprint of thumbprints.slice(0, MAX_LEAKED)) {
      this.#thumbprints.add(thumbprint);
    }
    return this.count > before;
  }
}

/**
 * Combines the leaked keys of all places of one issuer in one policy. Returns one view for each place, in the order of the
 * places.
 */
export function combineLeaks(places: readonly LeakedKeys[]): readonly KnownLeaks[] {
  const restored = Promise.all(places.map((place) => place.restored)).then(() => {});
  const has = (thumbprint: string): boolean => places.some((place) => place.has(thumbprint));
  return places.map((place) => ({ restored, has, add: (thumbprints) => place.add(thumbprints) }));
}
