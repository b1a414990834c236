import { type SlotKey, SlotTable } from "./tables/slot-table.ts";

export interface TokenNetworksOptions {
  /**
   * If a token comes back to a network this many times within a minute, the token counts as stolen. The maximum is
   * {@link MAX_RETURNS}.
   */
  readonly returns: number;
  /**
   * If a token comes from this many networks within a minute, the token counts as stolen. The maximum is
   * {@link MAX_NETWORKS}.
   */
  readonly networks: number;
  /** For this many milliseconds after a report, the plugin does not report the same token again. */
  readonly repeatMs: number;
  /** The longest time for which the guard may reuse a verdict without asking the plugin server, in milliseconds. */
  readonly unseenMs: number;
}

/** A token that clients in different networks use at the same time. */
export interface SharedToken {
  /** How often, in the last minute, the token came back to a network that had used the token a few seconds before. */
  readonly returns: number;
  /** The number of networks that used the token in the last minute. */
  readonly networks: number;
  /** Whether the same token was reported a short time ago. */
  readonly isRepeat: boolean;
  /** Whether the guard may still have a verdict about this token. */
  readonly isInGuard: boolean;
}

const MAX_RETURNS = 16;
const MAX_NETWORKS = 8;

/** The detector counts time in units of this many milliseconds, so that times fit into 32 bits. */
const TICK_MS = 100;
const MINUTE = 60_000 / TICK_MS;
const NEVER = -(2 ** 30);
/**
 * One client that moves to another network stays in the new network for a while. But if two clients in two networks
 * share a token, they use it alternately. So if a token comes back to a network within this time, two clients use the
 * token.
 */
const RETURN_WITHIN = 10_000 / TICK_MS;
/**
 * After a client has moved to another network, a few late requests still come from the old network. All of the late
 * requests together count as one return.
 */
const ONE_CHANGE = 4_000 / TICK_MS;
/**
 * When a token becomes suspect, the answer to an earlier request with the token may still be on its way to the guard.
 * It arrives within this time.
 */
const UNDER_WAY = 1_500 / TICK_MS;

/** The record of a token that has come from only one network has this field. */
const NETWORK = 0;
/** The record of a token that several networks used has these fields. */
const FIELD = {
  lastNetwork: 0,
  lastChange: 1,
  lastReturn: 2,
  suspectSince: 3,
  reportedAt: 4,
  nextReturn: 5,
  returns: 6,
  networks: 6 + MAX_RETURNS,
  seenAt: 6 + MAX_RETURNS + MAX_NETWORKS,
} as const;
const FIELDS = FIELD.seenAt + MAX_NETWORKS;

/**
 * Finds tokens that two clients use at the same time. The requests of the clients alternate, so the token comes back to each
 * network again and again. Most tokens come from only one network, and the record of such a token takes 12 bytes. Only
 * a token that several networks use has a long record.
 */
export class TokenNetworks {
  readonly #options: TokenNetworksOptions;
  readonly #single = new SlotTable({ slots: 131_072, fields: 1, neededFor: MINUTE });
  readonly #several = new SlotTable({ slots: 8_192, fields: FIELDS, neededFor: MINUTE });

  constructor(options: TokenNetworksOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#single.bytes + this.#several.bytes;
  }

  /** How many tokens were forgotten too early, because the tables were full. */
  get lost(): number {
    return this.#single.lost + this.#several.lost;
  }

  /**
   * Whether another network used the token in the last minute. If so, the guard must send each request with the token
   * to the plugin server.
   *
   * @param network hash of the network, never 0.
   * @param nowMs time from a clock that never goes back, and starts at 0.
   */
  isSuspect(token: SlotKey, network: number, nowMs: number): boolean {
    const now = toTicks(nowMs);
    const known = this.#several.find(token);
    if (known >= 0 && now - this.#several.get(known, FIELD.lastChange) <= MINUTE) {
      return true;
    }
    const slot = this.#single.find(token);
    return slot >= 0 && this.#single.get(slot, NETWORK) !== network && now - this.#single.usedAt(slot) <= MINUTE;
  }

  /** Records one request with a valid token. */
  see(token: SlotKey, network: number, nowMs: number): SharedToken | undefined {
    const now = toTicks(nowMs);
    const known = this.#several.find(token);
    const slot = known >= 0 ? known : this.#seeSingle(token, network, now);
    return slot < 0 ? undefined : this.#seeSeveral(slot, network, now);
  }

  /** @returns the slot of the long record that the token now needs; -1 if only one network uses the token. */
  #seeSingle(token: SlotKey, network: number, now: number): number {
    const found = this.#single.find(token);
    const slot = found >= 0 ? found : this.#single.claim(token, now);
    const before = this.#single.get(slot, NETWORK);
    const beforeAt = this.#single.usedAt(slot);
    this.#single.set(slot, NETWORK, network);
    this.#single.use(slot, now);
    if (before === 0 || before === network || now - beforeAt > MINUTE) {
      return -1;
    }
    const several = this.#several.claim(token, now);
    this.#several.set(several, FIELD.lastNetwork, before);
    this.#several.set(several, FIELD.networks, before);
    this.#several.set(several, FIELD.seenAt, beforeAt);
    for (const field of [FIELD.lastChange, FIELD.lastReturn, FIELD.reportedAt]) {
      this.#several.set(several, field, NEVER);
    }
    return several;
  }

  #seeSeveral(slot: number, network: number, now: number): SharedToken | undefined {
    const table = this.#several;
    table.use(slot, now);
    const place = this.#placeOf(slot, network);
    const isKnown = table.get(slot, FIELD.networks + place) === network;
    const seenAt = table.get(slot, FIELD.seenAt + place);
    table.set(slot, FIELD.networks + place, network);
    table.set(slot, FIELD.seenAt + place, now);
    if (table.get(slot, FIELD.lastNetwork) === network) {
      return undefined;
    }
    table.set(slot, FIELD.lastNetwork, network);
    if (now - table.get(slot, FIELD.lastChange) > MINUTE) {
      table.set(slot, FIELD.suspectSince, now);
    }
    table.set(slot, FIELD.lastChange, now);
    if (isKnown && now - seenAt <= RETURN_WITHIN && now - table.get(slot, FIELD.lastReturn) >= ONE_CHANGE) {
      const next = table.get(slot, FIELD.nextReturn);
      table.set(slot, FIELD.returns + next, now);
      table.set(slot, FIELD.nextReturn, (next + 1) % MAX_RETURNS);
      table.set(slot, FIELD.lastReturn, now);
    }
    return this.#judge(slot, now);
  }

  #judge(slot: number, now: number): SharedToken | undefined {
    const returns = this.#countRecent(slot, FIELD.returns, MAX_RETURNS, now);
    const networks = this.#countRecent(slot, FIELD.seenAt, MAX_NETWORKS, now);
    if (returns < this.#options.returns && networks < this.#options.networks) {
      return undefined;
    }
    const { repeatMs, unseenMs } = this.#options;
    const isRepeat = now - this.#several.get(slot, FIELD.reportedAt) < repeatMs / TICK_MS;
    if (!isRepeat) {
      this.#several.set(slot, FIELD.reportedAt, now);
    }
    const suspectFor = now - this.#several.get(slot, FIELD.suspectSince);
    return { returns, networks, isRepeat, isInGuard: suspectFor <= unseenMs / TICK_MS + UNDER_WAY };
  }

  /**
   * Returns the index of this network in the record. If the network is not in the record, returns the index of the
   * network that has been unused for the longest time.
   */
  #placeOf(slot: number, network: number): number {
    let oldest = 0;
    for (let place = 0; place < MAX_NETWORKS; place += 1) {
      if (this.#several.get(slot, FIELD.networks + place) === network) {
        return place;
      }
      if (this.#several.get(slot, FIELD.seenAt + place) < this.#several.get(slot, FIELD.seenAt + oldest)) {
        oldest = place;
      }
    }
    return oldest;
  }

  #countRecent(slot: number, field: number, length: number, now: number): number {
    let count = 0;
    for (let index = 0; index < length; index += 1) {
      const at = this.#several.get(slot, field + index);
      count += at > 0 && now - at <= MINUTE ? 1 : 0;
    }
    return count;
  }
}

/** The value 0 marks an empty field, so ticks start at 1. */
function toTicks(nowMs: number): number {
  return 1 + Math.floor(nowMs / TICK_MS);
}
