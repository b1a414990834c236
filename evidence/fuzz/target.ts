import type { Random } from "../../test/random.ts";

/** A target of the fuzzer: how its inputs are made, and what must be true for each. */
export interface Target<T> {
  readonly name: "token" | "policy";
  readonly seeds: readonly T[];
  mutate(input: T, random: Random, others: readonly T[]): T;
  /** Never throws: every fault is a finding. */
  run(input: T): Promise<Outcome>;
  /** What a finding must keep beside the input to be tried again. */
  readonly surroundings: unknown;
  /** The size of an input; of two inputs that reach the same code, the corpus keeps the smaller one. */
  size(input: T): number;
}

export interface Outcome {
  /** Names of what was reached, beside the code: reasons and the like. */
  readonly features: readonly string[];
  /** What should not be, in one sentence. */
  readonly finding: string | undefined;
  /** Milliseconds that the code under test took. */
  readonly took: number;
}

/** @param error whatever was thrown. */
export function describeThrown(error: unknown): string {
  return error instanceof Error ? `threw ${error.stack ?? error.message}` : `threw ${String(error)}`;
}
