import { randomBytes } from "node:crypto";

/**
 * Counts the changes after which an earlier verdict may be wrong: another policy in effect, other keys, other settings, or other
 * revocation data. Each change empties every cache of verdicts.
 */
export class Generation {
  /** No other process has this name. */
  readonly process = randomBytes(8).toString("hex");
  #count = 1;
  readonly #listeners: (() => void)[] = [];

  /** Grows with every change. */
  get count(): number {
    return this.#count;
  }

  /** A name that no generation of another process has. */
  get name(): string {
    return `${this.process}.${this.#count}`;
  }

  /** Begins a new generation. Call this after the change, and before any request can be judged by the changed data. */
  readonly begin = (): void => {
    this.#count += 1;
    for (const listener of this.#listeners) {
      listener();
    }
  };

  onBegin(listener: () => void): void {
    this.#listeners.push(listener);
  }
}
