export interface Bounds<K, V extends object> {
  readonly maxEntries: number;
  /** Maximum total size of all entries, as measured by `sizeOf`. By default, only the number of entries is limited. */
  readonly maxSize?: number;
  /** Returns the size of an entry. Called once, when the entry is set. */
  readonly sizeOf?: (key: K, value: V) => number;
  /** Receives each value that is evicted to make room. */
  readonly onEvict?: (value: V) => void;
}

/** An entry, linked with the entries that were set before and after it. */
interface Entry<K, V> {
  readonly key: K;
  readonly value: V;
  readonly size: number;
  older: Entry<K, V> | undefined;
  newer: Entry<K, V> | undefined;
}

/**
 * A map that never grows beyond its bounds. To make room for a new entry, the map evicts its oldest entries. The newest
 * entry always stays, even if its size is above `maxSize`.
 *
 * Each entry has links to the entries before and after it. The code does not use the order of the JavaScript `Map`,
 * because deleted entries leave gaps in this order. Each search for the oldest entry of a full map would have to skip
 * thousands of gaps.
 */
export class BoundedMap<K, V extends object> {
  readonly #bounds: Bounds<K, V>;
  readonly #entries = new Map<K, Entry<K, V>>();
  #oldest: Entry<K, V> | undefined;
  #newest: Entry<K, V> | undefined;
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
    return this.#entries.get(key)?.value;
  }

  /** Adds the entry as the newest one, and replaces an entry with the same key. */
  set(key: K, value: V): void {
    this.delete(key);
    const size = this.#bounds.sizeOf?.(key, value) ?? 0;
    this.#makeRoom(size);
    const entry: Entry<K, V> = { key, value, size, older: this.#newest, newer: undefined };
    if (this.#newest) {
      this.#newest.newer = entry;
    } else {
      this.#oldest = entry;
    }
    this.#newest = entry;
    this.#entries.set(key, entry);
    this.#size += size;
  }

  /** Removes an entry and returns its value. Returns undefined if the map has no such entry. */
  delete(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#remove(entry);
    }
    return entry?.value;
  }

  /** Lists the entries from the oldest to the newest. */
  entries(): readonly (readonly [K, V])[] {
    const listed: (readonly [K, V])[] = [];
    for (let entry = this.#oldest; entry; entry = entry.newer) {
      listed.push([entry.key, entry.value]);
    }
    return listed;
  }

  #remove(entry: Entry<K, V>): void {
    const { key, size, older, newer } = entry;
    if (older) {
      older.newer = newer;
    } else {
      this.#oldest = newer;
    }
    if (newer) {
      newer.older = older;
    } else {
      this.#newest = older;
    }
    this.#entries.delete(key);
    this.#size -= size;
  }

  #makeRoom(size: number): void {
    const { maxEntries, maxSize = Number.POSITIVE_INFINITY, onEvict } = this.#bounds;
    while (this.#oldest && (this.#entries.size >= maxEntries || this.#size + size > maxSize)) {
      const { value } = this.#oldest;
      this.#remove(this.#oldest);
      onEvict?.(value);
    }
  }
}
