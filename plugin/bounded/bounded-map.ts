export interface Bounds<K, V extends object> {
  readonly maxEntries: number;
  /** Maximum total size of all entries, as measured by `sizeOf`. By default, only the number of entries is limited. */
  readonly maxSize?: number;
  /** The size of an entry. The size must not change while the entry is in the map. */
  readonly sizeOf?: (key: K, value: V) => number;
  /** Receives each value that is evicted to make room. */
  readonly onEvict?: (value: V) => void;
}

/**
 * A map that never grows beyond its bounds. To make room for a new entry, the map evicts the entries that were set the
 * longest time ago. The newest entry always stays, even if its size is above `maxSize`.
 */
export class BoundedMap<K, V extends object> {
  readonly #bounds: Bounds<K, V>;
  /** The entries, from the oldest to the newest. */
  readonly #entries = new Map<K, V>();
  #size = 0;

  constructor(bounds: Bounds<K, V>) {
    this.#bounds = bounds;
  }

  /** The number of entries. */
  get count(): number {
    return this.#entries.size;
  }

  /** The total size of the entries, as measured by `sizeOf`. */
  get size(): number {
    return this.#size;
  }

  /** Reading an entry does not make it newer. To protect an entry from eviction, a caller must set the entry again. */
  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  /** Adds the entry as the newest one, and replaces an entry with the same key. */
  set(key: K, value: V): void {
    this.delete(key);
    const size = this.#sizeOf(key, value);
    this.#makeRoom(size);
    this.#entries.set(key, value);
    this.#size += size;
  }

  /** Removes an entry and returns its value. Returns undefined if the map has no such entry. */
  delete(key: K): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      this.#entries.delete(key);
      this.#size -= this.#sizeOf(key, value);
    }
    return value;
  }

  /** Iterates from the oldest to the newest entry. Callers may delete entries during the iteration. */
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
