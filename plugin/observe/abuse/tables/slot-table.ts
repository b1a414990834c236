/** The position of a record in a table. The position comes from a keyed hash, so no client can choose it. */
export interface SlotKey {
  /** Chooses the group of slots in which the record may be. */
  readonly group: number;
  /** This part of the key distinguishes the record from other records in the same group. Never 0. */
  readonly tag: number;
}

export interface SlotTableOptions {
  /** Number of slots. The number must be a power of two. */
  readonly slots: number;
  /** How many numbers each record has. */
  readonly fields: number;
  /**
   * How long the detector still needs a record after the record's last use. If the table must drop such a record, the
   * table counts the loss.
   */
  readonly neededFor: number;
}

/** Number of slots in a group. A record may be in any slot of its group. */
const WAYS = 8;

/**
 * Stores records of numbers in a fixed amount of memory. If all slots for a new record are full, the table drops the
 * record that has been unused for the longest time. Two different keys get the same record only if 32 bits of their
 * keyed hashes are equal.
 */
export class SlotTable {
  readonly #groups: number;
  readonly #fields: number;
  readonly #neededFor: number;
  readonly #tags: Int32Array;
  readonly #usedAt: Int32Array;
  readonly #values: Int32Array;
  #lost = 0;

  constructor({ slots, fields, neededFor }: SlotTableOptions) {
    this.#groups = slots / WAYS;
    this.#fields = fields;
    this.#neededFor = neededFor;
    this.#tags = new Int32Array(slots);
    this.#usedAt = new Int32Array(slots);
    this.#values = new Int32Array(slots * fields);
  }

  /** The size of the table in bytes, which never changes. */
  get bytes(): number {
    return this.#tags.byteLength + this.#usedAt.byteLength + this.#values.byteLength;
  }

  /** How many records the table dropped although they were still needed. */
  get lost(): number {
    return this.#lost;
  }

  /** Returns the slot of a record; -1 if the table has no such record. */
  find({ group, tag }: SlotKey): number {
    const first = (group & (this.#groups - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot += 1) {
      if (this.#tags[slot] === tag) {
        return slot;
      }
    }
    return -1;
  }

  /** Makes room for a new record, and sets its numbers to 0. */
  claim({ group, tag }: SlotKey, now: number): number {
    const first = (group & (this.#groups - 1)) * WAYS;
    let oldest = first;
    for (let slot = first; slot < first + WAYS; slot += 1) {
      if (this.#tags[slot] === 0) {
        oldest = slot;
        break;
      }
      if (this.usedAt(slot) < this.usedAt(oldest)) {
        oldest = slot;
      }
    }
    if (this.#tags[oldest] !== 0 && now - this.usedAt(oldest) <= this.#neededFor) {
      this.#lost += 1;
    }
    this.#tags[oldest] = tag;
    this.#usedAt[oldest] = now;
    this.#values.fill(0, oldest * this.#fields, (oldest + 1) * this.#fields);
    return oldest;
  }

  usedAt(slot: number): number {
    return this.#usedAt[slot] ?? 0;
  }

  use(slot: number, now: number): void {
    this.#usedAt[slot] = now;
  }

  get(slot: number, field: number): number {
    return this.#values[slot * this.#fields + field] ?? 0;
  }

  set(slot: number, field: number, value: number): void {
    this.#values[slot * this.#fields + field] = value;
  }
}
