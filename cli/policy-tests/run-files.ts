import { Judge } from "../../offline/judge/judge.ts";
import { plural } from "../findings/plural.ts";
import type { Report, ReportedCase } from "../findings/report.ts";
import { type LoadedPolicies, type LoadedSuite, loadSuite } from "./load-suite.ts";
import type { Measured } from "./measured.ts";
import { reportCoverage } from "./report-coverage.ts";
import { reportMutants } from "./report-mutants.ts";
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

/** The result of running test files. */
export interface TestRun {
  readonly report: Report;
  /** All files that the result of the run depends on. */
  readonly files: readonly string[];
}

/** Runs test files, one after the other, and reports the results. */
export async function runTestFiles(files: readonly string[], options: RunOptions): Promise<TestRun> {
  const runs: FileRun[] = [];
  const policies: LoadedPolicies = new Map();
  for (const file of files) {
    runs.push(await testFile(file, options, policies));
  }
  return {
    report: await addMeasurements(toReport(runs, options), runs, options),
    files: runs.flatMap((run) => run.files),
  };
}

/** Adds the figures for coverage and mutants, if all tests pass. If tests of a policy fail, this policy cannot be measured. */
async function addMeasurements(report: Report, runs: readonly FileRun[], options: RunOptions): Promise<Report> {
  const { coverage, mutate, min, changedSince, testNamePattern } = options;
  if (!coverage && !mutate) {
    if (min !== undefined || changedSince !== undefined) {
      throw new Error("--min and --changed-since need --coverage or --mutate");
    }
    return report;
  }
  if (report.findings.length > 0 || testNamePattern !== undefined) {
    const why = report.findings.length > 0 ? "not all tests pass" : "-t runs only some of the tests";
    return { ...report, summary: [...report.summary, `not measured: ${why}`] };
  }
  const suites = runs.flatMap(({ loaded }) => loaded ?? []);
  const measured: (readonly [name: string, Measured])[] = [];
  if (coverage) {
    measured.push(["coverage", await reportCoverage(suites, { min, changedSince })]);
  }
  if (mutate) {
    measured.push(["mutants", await reportMutants(suites, { min, changedSince })]);
  }
  return addAll(report, measured, min);
}

function addAll(report: Report, named: readonly (readonly [string, Measured])[], min: number | undefined): Report {
  const measured = named.map(([, one]) => one);
  const tooLow = measured.some(({ isTooLow }) => isTooLow) ? [`below the minimum of ${min} %`] : [];
  return {
    ...report,
    findings: measured.flatMap(({ findings }) => findings),
    cases: [...report.cases, ...measured.flatMap(({ cases }) => cases)],
    summary: [...report.summary, ...measured.flatMap(({ summary }) => summary), ...tooLow],
    details: { ...report.details, ...Object.fromEntries(named.map(([name, { details }]) => [name, details])) },
  };
}

type Signatures = Judge["signatures"];

/** The result of one test file. */
interface FileRun extends ReportedTests {
  /**
   * The parsed file. It is undefined if the file has a mistake. It is also undefined if nothing is measured, because
   * thousands of parsed files would need much memory.
   */
  readonly loaded: LoadedSuite | undefined;
  readonly files: readonly string[];
  readonly signatures: Signatures;
}

const NO_SIGNATURES: Signatures = { made: 0, verified: 0, assumed: 0 };

/**
 * Runs the tests of one file.
 *
 * @param policies the policies that are already loaded. The function adds each policy that it loads. The map must not
 * be used for a second run, because files change.
 */
async function testFile(file: string, options: RunOptions, policies: LoadedPolicies): Promise<FileRun> {
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

function toReport(runs: readonly FileRun[], { sign, testNamePattern }: RunOptions): Report {
  const cases = runs.flatMap((run) => run.cases);
  const count = (status: ReportedCase["status"]): number => cases.filter((one) => one.status === status).length;
  const skipped = cases
    .filter(({ status }) => status === "skipped")
    .map(({ name, message }) => `skipped ${name}: ${message ?? ""}`);
  const signatures = sumSignatures(runs);
  const notRun =
    testNamePattern !== undefined && cases.length === 0 ? [`no test's name contains ${testNamePattern}`] : [];
  const findings = runs.flatMap((run) => run.findings);
  const mistakes = findings.filter(({ code }) => code !== "test_failed").length;
  const assumed = sign
    ? []
    : [`${signatures.assumed} signatures were taken as valid, ${signatures.verified} were checked`];
  const counts = [
    plural(runs.length, "file"),
    plural(cases.length, "test"),
    `${count("passed")} passed`,
    `${count("failed")} failed`,
    ...(skipped.length > 0 ? [`${skipped.length} skipped`] : []),
    ...(mistakes > 0 ? [plural(mistakes, "mistake")] : []),
  ];
  return {
    command: "test",
    findings,
    cases,
    summary: [...skipped, ...notRun, ...assumed, counts.join(", ")],
    details: { tests: cases, signatures },
  };
}

function sumSignatures(runs: readonly FileRun[]): Signatures {
  return runs.reduce(
    (sum, { signatures: { made, verified, assumed } }) => ({
      made: sum.made + made,
      verified: sum.verified + verified,
      assumed: sum.assumed + assumed,
    }),
    NO_SIGNATURES,
  );
}
