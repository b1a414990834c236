import type { Random } from "../../test/random.ts";

/** A target of the fuzzer. It says how to make inputs, and what must be true for each input. */
export interface Target<T> {
  readonly name: "token" | "policy";
  readonly seeds: readonly T[];
  mutate(input: T, random: Random, others: readonly T[]): T;
  /** The function never throws: every fault is a finding. */
  run(input: T): Promise<Outcome>;
  /** The data that a finding needs besides the input. With this data, a developer can try the finding again. */
  readonly surroundings: unknown;
  /** The size of an input. If two inputs reach the same code, the corpus keeps the smaller input. */
  size(input: T): number;
}

export interface Outcome {
  /** Names of results that an input reached, such as reasons. The code that the input reached is not included. */
  readonly features: readonly string[];
  /** The fault, in one sentence. */
  readonly finding: string | undefined;
  /** Milliseconds that the code under test took. */
  readonly took: number;
}

/** @param error the thrown value. */
export function describeThrown(error: unknown): string {
  return error instanceof Error ? `threw ${error.stack ?? error.message}` : `threw ${String(error)}`;
}
