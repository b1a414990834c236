/** Where a record is in a table. It comes from a keyed hash, so no client can choose it. */
export interface SlotKey {
  /** Chooses the group of slots. */
  readonly group: number;
  /** Distinguishes the records of a group. Never 0. */
  readonly tag: number;
}

export interface SlotTableOptions {
  /** A power of two. */
  readonly slots: number;
  /** How many numbers a record has. */
  readonly fields: number;
  /** A record that was used within this time is still needed. The table counts the loss of such a record. */
  readonly neededFor: number;
}

/** The number of slots in which a record may be. */
const WAYS = 8;

/**
 * Records of numbers in a fixed amount of memory. If the slots for a new record are full, the table forgets the record that was used the
 * longest time ago. Two keys get the same record only if 32 bits of their keyed hashes are equal.
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

  /** It never changes. */
  get bytes(): number {
    return this.#tags.byteLength + this.#usedAt.byteLength + this.#values.byteLength;
  }

  /** How many records the table forgot although they were still needed. */
  get lost(): number {
    return this.#lost;
  }

  /** The slot of a record; -1 if the table has no such record. */
  find({ group, tag }: SlotKey): number {
    const first = (group & (this.#groups - 1)) * WAYS;
    for (let slot = first; slot < first + WAYS; slot += 1) {
      if (this.#tags[slot] === tag) {
        return slot;
      }
    }
    return -1;
  }

  /** Makes room for a new record, whose numbers are 0. */
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
