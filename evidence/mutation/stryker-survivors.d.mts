/** The mutants that no test notices. */
export const SURVIVORS: readonly {
  readonly file: string;
  /** The line that the mutant changes, without its indentation. */
  readonly line: string;
  readonly replacement: string;
  readonly because: string;
}[];
