import { randomBytes } from "node:crypto";

/**
 * Counts the changes that may make earlier verdicts wrong. Examples of such a change are another policy in effect,
 * other keys, other settings, or other revocation data. Each change empties every cache of verdicts.
 */
export class Generation {
  /** A random name for the process. */
  readonly process = randomBytes(8).toString("hex");
  #count = 1;
  readonly #listeners: (() => void)[] = [];

  /** The number of the generation, which grows with every change. */
  get count(): number {
    return this.#count;
  }

  /** Returns a name that no generation of another process has. */
  get name(): string {
    return `${this.process}.${this.#count}`;
  }

  /**
   * Begins a new generation. The caller must call `begin` after the change, and before any request is judged with the changed
   * data.
   */
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
