const SECOND_MS = 1_000;

/**
 * Limits the number of lines in each second, or in another period. If there have already been n lines of one kind in
 * the period, the budget allows one more line of this kind only while more than n lines are left. So a flood of lines
 * of one kind does not hide all other lines.
 */
export class LineBudget {
  readonly #lines: number;
  readonly #now: () => number;
  #period = Number.NaN;
  readonly #periodMs: number;
  #left = 0;
  readonly #taken = new Map<string, number>();

  /** @param now the time in milliseconds, from any clock. */
  constructor(lines: number, now: () => number, periodMs = SECOND_MS) {
    this.#lines = lines;
    this.#now = now;
    this.#periodMs = periodMs;
  }

  /**
   * @param kind the kind of line, such as policy, rule and reason. A period cannot have more kinds than lines, so the memory
   * is bounded.
   */
  take(kind: string): boolean {
    const period = Math.floor(this.#now() / this.#periodMs);
    if (period !== this.#period) {
      this.#period = period;
      this.#left = this.#lines;
      this.#taken.clear();
    }
    const taken = this.#taken.get(kind) ?? 0;
    if (taken >= this.#left) {
      return false;
    }
    this.#left -= 1;
    this.#taken.set(kind, taken + 1);
    return true;
  }
}
