export interface Bounds<K, V extends object> {
  readonly maxEntries: number;
  /** Maximum total of `sizeOf`. By default, only the number of entries is limited. */
  readonly maxSize?: number;
  /** The size of one entry. It must not change while the entry exists. */
  readonly sizeOf?: (key: K, value: V) => number;
  /** Receives each value that is evicted to make room. */
  readonly onEvict?: (value: V) => void;
}

/**
 * A map that never grows beyond its bounds. To make room for a new entry, it evicts the entries that were set the longest time ago.
 * The newest entry always stays, even if this one entry is larger than the maximum.
 */
export class BoundedMap<K, V extends object> {
  readonly #bounds: Bounds<K, V>;
  /** From the oldest to the newest. */
  readonly #entries = new Map<K, V>();
  #size = 0;

  constructor(bounds: Bounds<K, V>) {
    this.#bounds = bounds;
  }

  /** The number of entries. */
  get count(): number {
    return this.#entries.size;
  }

  /** The total of `sizeOf`. */
  get size(): number {
    return this.#size;
  }

  /** Reading an entry does not count as use. To keep an entry that is in use, set it again. */
  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Adds the entry, or makes it the newest. */
  set(key: K, value: V): void {
    this.delete(key);
    const size = this.#sizeOf(key, value);
    this.#makeRoom(size);
    this.#entries.set(key, value);
    this.#size += size;
  }

  /** Returns the value that was removed; undefined if there was none. */
  delete(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#size -= this.#sizeOf(key, value);
    }
    return value;
  }

  /** From the oldest to the newest. Entries may be deleted during the iteration. */
  entries(): IterableIterator<[K, V]> {
    return this.#entries.entries();
  }

  #sizeOf(key: K, value: V): number {
    return this.#bounds.sizeOf?.(key, value) ?? 0;
  }

  #makeRoom(size: number): void {
    const { maxEntries, maxSize = Number.POSITIVE_INFINITY, onEvict } = this.#bounds;
    for (const [oldest, value] of this.#entries) {
      if (this.#entries.size < maxEntries && this.#size + size <= maxSize) {
        return;
      }
      this.delete(oldest);
      onEvict?.(value);
    }
  }
}
