/** How long requests may wait. All times are in milliseconds. */
export interface Patience {
  /** A queue that was never empty for this long is not a burst: more arrives than can be processed. */
  readonly standingMs: number;
  /** The longest wait in a burst. */
  readonly longMs: number;
  /** The longest wait in a queue that was never empty for `standingMs`. */
  readonly shortMs: number;
  /** Maximum number of entries. */
  readonly capacity: number;
}

interface Entry<T> {
  readonly item: T;
  readonly network: string;
  readonly sinceMs: number;
  isGone: boolean;
}

/** The list of arrivals is compacted when this many of its first entries are gone. */
const MAX_GONE = 1_024;

/**
 * Entries that wait for a turn. The networks take turns, so that one client with a thousand requests does not delay another with
 * one. In a burst the oldest entry comes first. After `standingMs` in which the queue was never empty, the newest comes first,
 * and old ones are rejected. This serves the same share as any other order, and served requests hardly wait.
 */
export class FairQueue<T> {
  readonly #patience: Patience;
  /** By network, in the order of their turns; each list in the order of arrival, and never empty. */
  readonly #waiting = new Map<string, Entry<T>[]>();
  /** All entries in the order of arrival. */
  #arrivals: Entry<T>[] = [];
  #firstArrival = 0;
  #size = 0;
  #emptyAtMs = Number.NEGATIVE_INFINITY;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds an item of a client.
   *
   * @param client the address. Requests from one 64-bit IPv6 network count as one client's.
   * @returns the rejected item if the queue is full: this item if its client has others in the queue, else the oldest one.
   */
  add(item: T, client: string, nowMs: number): T | undefined {
    const network = networkOf(client);
    const isFull = this.#size >= this.#patience.capacity;
    if (isFull && this.#waiting.has(network)) {
      return item;
    }
    const rejected = isFull ? this.#removeOldest() : undefined;
    if (this.#size === 0) {
      this.#emptyAtMs = nowMs;
    }
    const entry = { item, network, sinceMs: nowMs, isGone: false };
    const list = this.#waiting.get(network);
    if (list) {
      list.push(entry);
    } else {
      this.#waiting.set(network, [entry]);
    }
    this.#arrivals.push(entry);
    this.#size += 1;
    return rejected;
  }

  /** Removes an item whose turn it is. */
  take(nowMs: number): T | undefined {
    const [first] = this.#waiting;
    if (!first) {
      return undefined;
    }
    const [network, list] = first;
    const entry = this.#isStanding(nowMs) ? list.pop() : list.shift();
    this.#waiting.delete(network);
    if (list.length > 0) {
      this.#waiting.set(network, list); // Moves to the end: another network has the next turn.
    }
    return entry && this.#drop(entry);
  }

  /** Removes an item that has waited for too long, if any has. */
  takeExpired(nowMs: number): T | undefined {
    const oldest = this.#findOldest();
    const { shortMs, longMs } = this.#patience;
    const longest = this.#isStanding(nowMs) ? shortMs : longMs;
    return oldest && nowMs - oldest.sinceMs > longest ? this.#removeOldest() : undefined;
  }

  #isStanding(nowMs: number): boolean {
    return nowMs - this.#emptyAtMs > this.#patience.standingMs;
  }

  #removeOldest(): T | undefined {
    const oldest = this.#findOldest();
    if (!oldest) {
      return undefined;
    }
    const list = this.#waiting.get(oldest.network);
    list?.shift();
    if (list?.length === 0) {
      this.#waiting.delete(oldest.network);
    }
    return this.#drop(oldest);
  }

  #drop(entry: Entry<T>): T {
    entry.isGone = true;
    this.#size -= 1;
    if (this.#size === 0) {
      this.#arrivals = [];
      this.#firstArrival = 0;
    }
    return entry.item;
  }

  #findOldest(): Entry<T> | undefined {
    while (this.#arrivals[this.#firstArrival]?.isGone) {
      this.#firstArrival += 1;
    }
    if (this.#firstArrival > MAX_GONE) {
      this.#arrivals = this.#arrivals.slice(this.#firstArrival);
      this.#firstArrival = 0;
    }
    return this.#arrivals[this.#firstArrival];
  }
}

const GROUPS_OF_ADDRESS = 8;
const GROUPS_OF_NETWORK = 4;

/** An IPv4 address, unchanged. The first 64 bits of an IPv6 address, because one client controls all addresses of such a network. */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.includes(".")) {
    return address;
  }
  const [head = "", tail] = address.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const last = tail === "" ? [] : tail.split(":");
    const zeros = Math.max(0, GROUPS_OF_ADDRESS - groups.length - last.length);
    groups.push(...Array<string>(zeros).fill("0"), ...last);
  }
  return groups.slice(0, GROUPS_OF_NETWORK).join(":");
}
