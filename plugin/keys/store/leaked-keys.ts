import type { KeyStore } from "./key-store.ts";

/** Maximum number of leaked keys to remember. No issuer publishes so many private keys by mistake. */
const MAX_LEAKED = 1_000;

/** The leaked keys of one source. No policy that reads the source may use these keys. */
export interface KnownLeaks {
  /** Resolves when the leaked keys that earlier processes stored are loaded. The promise never rejects. */
  readonly restored: Promise<void>;
  has(thumbprint: string): boolean;
  /** Records keys whose private parts the source published. */
  add(thumbprints: readonly string[]): void;
}

/**
 * Leaked keys of one issuer that come from one source: this source has published their private parts. Every policy that
 * uses this source rejects these keys permanently, from every source and under every kid. The keys stay rejected even
 * after the issuer has removed the private parts. Policies without this source ignore the leak, because the authors of
 * these policies did not choose the source. So one policy author cannot disable an issuer's key for other policies by
 * adding a source that publishes the key as leaked.
 */
export class LeakedKeys {
  /** Resolves when the leaked keys that earlier processes stored are loaded. The promise never rejects. */
  readonly restored: Promise<void>;
  readonly #name: string;
  readonly #store: KeyStore | undefined;
  readonly #onGrow: () => void;
  readonly #thumbprints = new Set<string>();

  /**
   * @param name a name made of the issuer and the source.
   * @param onGrow called when more keys count as leaked.
   */
  constructor(name: string, store?: KeyStore, onGrow: () => void = () => {}) {
    this.#name = name;
    this.#store = store;
    this.#onGrow = onGrow;
    this.restored = this.#restore();
  }

  /** The number of leaked keys, which only grows. A changed number means that more keys have leaked. */
  get count(): number {
    return this.#thumbprints.size;
  }

  /** If there are too many leaked keys to store, every key counts as leaked, so the plugin fails closed. */
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

  /** Adds thumbprints of leaked keys. Returns whether one of the thumbprints is new. */
  #take(thumbprints: readonly string[]): boolean {
    const before = this.count;
    for (const thumbprint of thumbprints.slice(0, MAX_LEAKED)) {
      this.#thumbprints.add(thumbprint);
    }
    const hasGrown = this.count > before;
    if (hasGrown) {
      this.#onGrow();
    }
    return hasGrown;
  }
}

/**
 * Combines the leaked keys of all sources that one policy names for one issuer. Returns one object for each source, in the
 * order of the sources.
 */
export function combineLeaks(places: readonly LeakedKeys[]): readonly KnownLeaks[] {
  const restored = Promise.all(places.map((place) => place.restored)).then(() => {});
  const has = (thumbprint: string): boolean => places.some((place) => place.has(thumbprint));
  return places.map((place) => ({ restored, has, add: (thumbprints) => place.add(thumbprints) }));
}
