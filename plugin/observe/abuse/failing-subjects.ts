import { type SlotKey, SlotTable } from "./tables/slot-table.ts";

export interface FailingSubjectsOptions {
  /** A subject with this many denied requests within a minute is reported. */
  readonly perMinute: number;
  /** A subject is reported again after this time, in milliseconds. */
  readonly repeatMs: number;
}

/** A subject whose requests are denied again and again, although its tokens have valid signatures. */
export interface FailingSubject {
  readonly denials: number;
  readonly isRepeat: boolean;
}

const TICK_MS = 100;
const MINUTE = 60_000 / TICK_MS;
const NEVER = -(2 ** 30);
const FIELD = { windowStart: 0, count: 1, before: 2, reportedAt: 3 } as const;
const FIELDS = 4;

/**
 * Counts denied requests of each subject. It never counts too many: if there are more subjects than the table has room for, it forgets the
 * subject whose last failure was the longest time ago. Counts that are too high would turn a flood into false alarms.
 */
export class FailingSubjects {
  readonly #options: FailingSubjectsOptions;
  readonly #table = new SlotTable({ slots: 16_384, fields: FIELDS, neededFor: MINUTE });

  constructor(options: FailingSubjectsOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#table.bytes;
  }

  get lost(): number {
    return this.#table.lost;
  }

  /** @param nowMs from a clock that never goes back, and starts at 0. */
  see(subject: SlotKey, nowMs: number): FailingSubject | undefined {
    const table = this.#table;
    const now = Math.floor(nowMs / TICK_MS);
    const found = table.find(subject);
    const slot = found >= 0 ? found : table.claim(subject, now);
    if (found < 0) {
      table.set(slot, FIELD.windowStart, now);
      table.set(slot, FIELD.reportedAt, NEVER);
    }
    table.use(slot, now);
    const age = now - table.get(slot, FIELD.windowStart);
    if (age >= MINUTE) {
      table.set(slot, FIELD.before, age < 2 * MINUTE ? table.get(slot, FIELD.count) : 0);
      table.set(slot, FIELD.count, 0);
      table.set(slot, FIELD.windowStart, age < 2 * MINUTE ? table.get(slot, FIELD.windowStart) + MINUTE : now);
    }
    const count = table.get(slot, FIELD.count) + 1;
    table.set(slot, FIELD.count, count);
    const passed = (now - table.get(slot, FIELD.windowStart)) / MINUTE;
    const denials = Math.floor(count + table.get(slot, FIELD.before) * (1 - passed));
    if (denials < this.#options.perMinute) {
      return undefined;
    }
    const isRepeat = now - table.get(slot, FIELD.reportedAt) < this.#options.repeatMs / TICK_MS;
    if (!isRepeat) {
      table.set(slot, FIELD.reportedAt, now);
    }
    return { denials, isRepeat };
  }
}
