/** A vector and its result. */
export interface JudgedVector {
  readonly id: string;
  /** `accepted`, or the reason for which it has to be refused. */
  readonly expected: string;
  /** `accepted`, or the reason of the refusal, with a colon and the detail where that tells one cause from another. */
  readonly found: string;
}

/** One line of the table: vectors of one source that are judged in one way. */
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
