import type { KeyStore } from "./key-store.ts";

/** Far more keys than an issuer ever publishes by mistake. */
const MAX_LEAKED = 1_000;

/**
 * The keys of one issuer whose private part was published once. They stay refused for good, in every place and under every kid: it
 * does not help that the issuer takes the private part away again.
 */
export class LeakedKeys {
  /** Resolves when what earlier processes knew is known here. Never rejects. */
  readonly restored: Promise<void>;
  readonly #issuer: string;
  readonly #store: KeyStore | undefined;
  readonly #thumbprints = new Set<string>();

  constructor(issuer: string, store?: KeyStore) {
    this.#issuer = issuer;
    this.#store = store;
    this.restored = this.#restore();
  }

  /** Only grows: another number means that more keys are leaked. */
  get count(): number {
    return this.#thumbprints.size;
  }

  /** Fails closed: when there are too many to remember, every key counts as leaked. */
  has(thumbprint: string): boolean {
    return this.#thumbprints.has(thumbprint) || this.count >= MAX_LEAKED;
  }

  add(thumbprints: readonly string[]): void {
    if (this.#take(thumbprints)) {
      void this.#store?.saveLeaked(this.#issuer, [...this.#thumbprints]);
    }
  }

  async #restore(): Promise<void> {
    this.#take((await this.#store?.readLeaked(this.#issuer)) ?? []);
  }

  /** Whether one of them is new. */
  #take(thumbprints: readonly string[]): boolean {
    const before = this.count;
    for (const thumbprint of thumbprints.slice(0, MAX_LEAKED)) {
      this.#thumbprints.add(thumbprint);
    }
    return this.count > before;
  }
}
