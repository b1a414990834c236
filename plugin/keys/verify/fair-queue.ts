/** Limits for waiting requests. All times are in milliseconds. */
export interface Patience {
  /** If the queue was never empty for this long, this is not a burst: more requests arrive than can be processed. */
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
 * Entries that wait for their turn. The networks take turns, so that a client with a thousand requests does not delay a client
 * with one request. In a burst, the oldest entry comes first. If the queue was never empty for `standingMs`, the newest entry
 * comes first, and old entries are rejected. As many requests are processed as in any other order, and these requests hardly
 * wait.
 */
export class FairQueue<T> {
  readonly #patience: Patience;
  /**
   * Waiting entries by network. The networks are in the order of their turns. Each list is in the order of arrival, and never
   * empty.
   */
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
   * @returns the rejected item if the queue is full. This is the new item if its client has other items in the queue, else the
   *   oldest item.
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

  /** Removes and returns the item whose turn it is. */
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

  /** Removes and returns an item that has waited for too long, if there is one. */
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

/**
 * The network of an address. An IPv4 address stays unchanged. Of an IPv6 address, only the first 64 bits count, because one
 * client controls all addresses of such a network.
 */
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
