/** A vector and its result. */
export interface JudgedVector {
  readonly id: string;
  /** `accepted`, or the expected reason of the refusal. */
  readonly expected: string;
  /**
   * `accepted`, or the reason of the refusal. If a detail distinguishes two causes, the detail follows after a colon.
   */
  readonly found: string;
}

/**
 * One line of the table: vectors of one source that are judged in one way.
 */
export interface VectorSource {
  readonly name: string;
  judge(): Promise<readonly JudgedVector[]>;
}

/**
 * Whether the result is right: accepted as expected, or refused for the right reason. A reason without detail matches any
 * detail.
 */
export function isRight({ expected, found }: JudgedVector): boolean {
  return found === expected || (expected !== "accepted" && found.startsWith(`${expected}: `));
}
