/**
 * Behaves like a string, and counts the characters that its reader reads. So a test can limit the work without a clock.
 * A native search or copy counts with the number of characters that it covers. The class lacks `split` and regular
 * expressions, because a reader of hostile text must not use them.
 */
class CountedText {
  steps = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get length(): number {
    return this.#text.length;
  }

  charCodeAt(index: number): number {
    this.steps += 1;
    return this.#text.charCodeAt(index);
  }

  charAt(index: number): string {
    this.steps += 1;
    return this.#text.charAt(index);
  }

  slice(start: number, end?: number): string {
    const part = this.#text.slice(start, end);
    this.steps += part.length + 1;
    return part;
  }

  startsWith(prefix: string, position: number): boolean {
    this.steps += prefix.length;
    return this.#text.startsWith(prefix, position);
  }

  includes(sought: string): boolean {
    this.steps += this.#text.length;
    return this.#text.includes(sought);
  }
}

/** How many characters `read` reads. */
export function countSteps(text: string, read: (text: string) => unknown): number {
  const counted = new CountedText(text);
  read(counted as unknown as string);
  return counted.steps;
}
