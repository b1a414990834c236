import type { Random } from "./random.ts";

/** What is fuzzed: how its inputs come to be, and what must hold for each. */
export interface Target<T> {
  readonly name: "token" | "policy";
  readonly seeds: readonly T[];
  mutate(input: T, random: Random, others: readonly T[]): T;
  /** Never throws: what goes wrong is a finding. */
  run(input: T): Promise<Outcome>;
  /** What a finding must keep beside the input to be tried again. */
  readonly surroundings: unknown;
  /** How much there is to read in an input; of two that reach the same, the corpus keeps the smaller one. */
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
