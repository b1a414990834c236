import type { Random } from "../../test/random.ts";

/** A target of the fuzzer: how its inputs are made, and what must be true for each. */
export interface Target<T> {
  readonly name: "token" | "policy";
  readonly seeds: readonly T[];
  mutate(input: T, random: Random, others: readonly T[]): T;
  /** Never throws: every fault is a finding. */
  run(input: T): Promise<Outcome>;
  /** The data that a finding needs besides the input, so that it can be tried again. */
  readonly surroundings: unknown;
  /** The size of an input; of two inputs that reach the same code, the corpus keeps the smaller one. */
  size(input: T): number;
}

export interface Outcome {
  /** Names of reached results other than code, such as reasons. */
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
