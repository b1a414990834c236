import { parseIpv6 } from "../../core/text/ip-network.ts";

/** Limits on how long requests may wait, and on how many may wait. All times are in milliseconds. */
export interface Patience {
  /**
   * The longest wait that counts as short. Clients hardly notice such a wait. With a few dozen clients, requests wait
   * for less than this limit, even on a gateway under full load.
   */
  readonly promptMs: number;
  /** If the oldest entry's wait stays above `promptMs` during this whole period, the overload is not just a burst. */
  readonly standingMs: number;
  /** The longest wait in a burst. */
  readonly longMs: number;
  /** The longest wait in a standing queue. */
  readonly shortMs: number;
  /** Maximum number of waiting entries. */
  readonly capacity: number;
}

interface Entry<T> {
  readonly item: T;
  readonly network: string;
  readonly sinceMs: number;
  isGone: boolean;
}

/** If this many entries at the start of the list have left the queue, the class shortens the list. */
const MAX_GONE = 1_024;

/**
 * A queue of requests that wait for their turn. The networks of the clients take turns, so that a client with a
 * thousand requests does not delay a client with one request. As long as the overload counts as a burst, the oldest
 * entry comes first. If waits stay long for `standingMs`, the state of the queue is "standing" until the queue is
 * empty. The newest entry then comes first, and old entries are rejected. In both orders, the queue processes the same
 * number of requests. But if the newest entry comes first, the requests that are processed have hardly waited.
 */
export class FairQueue<T> {
  readonly #patience: Patience;
  /**
   * The waiting entries of each network. The map lists the networks in the order of their turns. The list of a network
   * is in the order of arrival, and is never empty.
   */
  readonly #waiting = new Map<string, Entry<T>[]>();
  /** All waiting entries in the order of arrival. */
  #arrivals: Entry<T>[] = [];
  #firstArrival = 0;
  #size = 0;
  /** The last time without a long wait: the queue was empty, or the oldest entry had waited for at most `promptMs`. */
  #promptAtMs = Number.NEGATIVE_INFINITY;
  #isStanding = false;

  constructor(patience: Patience) {
    this.#patience = patience;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Adds an item of a client.
   *
   * @param client the address of the client. All addresses of one IPv6 /64 network count as one client.
   * @returns the rejected item if the queue is full. If the client already has items in the queue, the new item is
   *   rejected. Otherwise the oldest item is rejected.
   */
  add(item: T, client: string, nowMs: number): T | undefined {
    const network = networkOf(client);
    this.#noteWait(nowMs);
    const isFull = this.#size >= this.#patience.capacity;
    if (isFull && this.#waiting.has(network)) {
      return item;
    }
    const rejected = isFull ? this.#removeOldest() : undefined;
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

  /** Removes and returns the item that has the next turn, if there is one. */
  take(nowMs: number): T | undefined {
    const [first] = this.#waiting;
    if (!first) {
      return undefined;
    }
    const [network, list] = first;
    this.#noteWait(nowMs);
    const entry = this.#isStanding ? list.pop() : list.shift();
    this.#waiting.delete(network);
    if (list.length > 0) {
      this.#waiting.set(network, list); // The network moves to the end of the order, because another network has the next turn.
    }
    return entry && this.#drop(entry);
  }

  /** Removes and returns an item that has waited for too long, if there is one. */
  takeExpired(nowMs: number): T | undefined {
    this.#noteWait(nowMs);
    const oldest = this.#findOldest();
    const { shortMs, longMs } = this.#patience;
    const longest = this.#isStanding ? shortMs : longMs;
    return oldest && nowMs - oldest.sinceMs > longest ? this.#removeOldest() : undefined;
  }

  #noteWait(nowMs: number): void {
    const oldest = this.#findOldest();
    if (!oldest || nowMs - oldest.sinceMs <= this.#patience.promptMs) {
      this.#promptAtMs = nowMs;
    }
    // In a standing queue, rejections keep the waits short, so short waits do not show that the overload has ended.
    // Only an empty queue shows that fewer requests arrive.
    this.#isStanding =
      oldest !== undefined && (this.#isStanding || nowMs - this.#promptAtMs > this.#patience.standingMs);
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

const GROUPS_OF_NETWORK = 4;

/**
 * Returns the network of a client's address. An IPv4 address stays unchanged. For an IPv6 address, the network is the first 64
 * bits, because one client usually controls all addresses of such a network.
 */
export function networkOf(address: string): string {
  const groups = address.includes(":") && !address.includes(".") ? parseIpv6(address) : undefined;
  const network = groups?.slice(0, GROUPS_OF_NETWORK).map((group) => group.toString(16));
  return network?.join(":") ?? address;
}
