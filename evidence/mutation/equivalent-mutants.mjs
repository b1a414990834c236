/** Mutants that no test can tell from the original, and why. `line` and `replacement` as `npm run test:mutants` prints them. */
export const EQUIVALENT = [];
