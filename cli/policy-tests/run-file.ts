import { Judge } from "../../offline/judge/judge.ts";
import { type LoadedPolicies, type LoadedSuite, loadSuite } from "./load-suite.ts";
import { type ReportedTests, runTests } from "./run-tests.ts";

/** The tests to run, and the figures to measure. */
export interface RunOptions {
  readonly testNamePattern?: string | undefined;
  /** If false, every signature counts as valid without a check. */
  readonly sign: boolean;
  readonly coverage?: boolean;
  readonly mutate?: boolean;
  readonly min?: number | undefined;
  readonly changedSince?: string | undefined;
}

export type Signatures = Judge["signatures"];

/** The result of one test file. */
export interface FileRun extends ReportedTests {
  /**
   * The parsed file; undefined if it has a mistake, or if nothing is measured, because thousands of parsed files need much
   * memory.
   */
  readonly loaded: LoadedSuite | undefined;
  readonly files: readonly string[];
  readonly signatures: Signatures;
}

export const NO_SIGNATURES: Signatures = { made: 0, verified: 0, assumed: 0 };

/**
 * Runs the tests of one file.
 *
 * @param policies the function adds the policies that it loads to this map. The map must not be used for a second run, because
 * files change.
 */
export async function testFile(file: string, options: RunOptions, policies: LoadedPolicies): Promise<FileRun> {
  const { result, files } = await loadSuite(file, policies);
  if (!result.ok) {
    return { loaded: undefined, files, findings: result.failure, cases: [], signatures: NO_SIGNATURES };
  }
  const { nowSeconds, consumers } = result.value.suite;
  const judge = new Judge(nowSeconds, consumers, options.sign ? "real" : "assumed");
  const { cases, findings } = await runTests(result.value, judge, options.testNamePattern);
  const loaded = options.coverage || options.mutate ? result.value : undefined;
  return { loaded, files, findings, cases, signatures: judge.signatures };
}
