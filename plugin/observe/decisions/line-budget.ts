const SECOND_MS = 1_000;

/**
 * Limits the lines of each second, or of another period. One kind of line may take at most half of the lines that are left, so a flood
 * of one kind does not hide all others.
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

  /** @param kind such as policy, rule and reason. The number of kinds is limited to the number of lines in a period. */
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
