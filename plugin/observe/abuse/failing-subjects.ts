import { type SlotKey, SlotTable } from "./tables/slot-table.ts";

export interface FailingSubjectsOptions {
  /** The plugin reports a subject with this many denied requests within a minute. */
  readonly perMinute: number;
  /** For this many milliseconds after a report, the plugin does not report the same subject again. */
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
 * Counts the denied requests of each subject. If there are more subjects than the table can store, the table drops the
 * subject whose last denial is the oldest. So a count may be too low, but it is never too high. Counts that are too
 * high would cause false alarms during a flood of requests.
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

  /** @param nowMs time from a clock that never goes back, and starts at 0. */
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
