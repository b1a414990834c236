import fc from "fast-check";
import { inject } from "vitest";

/** Whether this run has time for all cases, as in the project `proofs`. */
export const isThorough = inject("isThorough") === true;

if (!isThorough) {
  // The fast tests try the same values each time, so that no test fails only sometimes. The proofs try other values
  // each time.
  fc.configureGlobal({ seed: 20_261_129 });
}

/**
 * Returns the number of random cases for a property test: `full` in the project `proofs`, and a tenth of `full` in the
 * fast tests.
 */
export function runsOf(full: number): number {
  return isThorough ? full : Math.ceil(full / 10);
}
