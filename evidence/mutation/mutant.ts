/**
 * One guard removed. The mutant must not survive the tests named with it: `npm run test:mutation` applies each to a copy of the
 * sources and runs them.
 */
interface Mutant {
  readonly name: string;
  /** Stands exactly once in the file; else the mutant is stale and its test fails. */
  readonly find: string;
  readonly replace: string;
  /** Why nothing can tell this mutant from the original. */
  readonly equivalent?: string;
}

export interface MutatedFile {
  readonly file: string;
  /** Tests that must fail; they import sources, so that nothing needs building, unless they start the process. */
  readonly killers: readonly string[];
  readonly isBuilt?: boolean;
  readonly mutants: readonly Mutant[];
  /** Why these cannot be tried here; undefined when they can. */
  readonly missing?: string | undefined;
}
