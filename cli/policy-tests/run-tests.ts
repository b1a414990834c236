import type { Judge } from "../../offline/judge/judge.ts";
import { runTest, type TestResult } from "../../offline/judge/run-suite.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import type { ReportedCase } from "../findings/report.ts";
import { inFile, type LoadedSuite } from "./load-suite.ts";

/** The parts of a report that are about tests. */
export interface ReportedTests {
  readonly cases: readonly ReportedCase[];
  readonly findings: readonly Finding[];
}

/**
 * Runs the tests of one file, but only tests whose names contain `wanted`. The function does not keep the outcomes, because
 * there can be thousands of tests.
 */
export async function runTests(loaded: LoadedSuite, judge: Judge, wanted: string | undefined): Promise<ReportedTests> {
  const cases: ReportedCase[] = [];
  const findings: Finding[] = [];
  const text = wanted?.toLowerCase();
  for (const test of loaded.suite.cases) {
    if (text === undefined || test.name.toLowerCase().includes(text)) {
      const result = await runTest(test, loaded.policy, judge);
      const finding = result.status === "failed" ? toFinding(loaded, result) : undefined;
      cases.push(toCase(loaded, result, finding));
      findings.push(...(finding ? [finding] : []));
    }
  }
  return { cases, findings };
}

/** Creates a finding for a failed test, at the position of the test. */
function toFinding(loaded: LoadedSuite, { test, differences, outcome }: TestResult): Finding {
  const notes = differences.flatMap(({ what, expected, actual }) => [
    `${what}: expected ${expected}`,
    `${" ".repeat(what.length)}  actual   ${actual}`,
  ]);
  const evidence = [
    ...(outcome?.rule === undefined ? [] : [`rule "${outcome.rule}"`]),
    ...(outcome?.issuer === undefined ? [] : [`issuer "${outcome.issuer}"`]),
    ...(outcome?.stage === undefined ? ["every stage passed"] : [`stage "${outcome.stage}" decided`]),
    ...(outcome?.detail === undefined ? [] : [outcome.detail]),
  ];
  const finding: Finding = {
    code: "test_failed",
    path: test.path,
    message: `${test.name}: the ${differences.map(({ what }) => what).join(", ")} is not as expected.`,
    notes: [...notes, ...(outcome ? [`because: ${evidence.join("; ")}`] : [])],
  };
  const [placed = finding] = inFile(loaded.source.locate([finding]), loaded.file, loaded.text);
  return placed;
}

function toCase({ file }: LoadedSuite, { test, status }: TestResult, finding: Finding | undefined): ReportedCase {
  const message = status === "skipped" ? test.skip : finding && [finding.message, ...(finding.notes ?? [])].join("\n");
  return { suite: file, name: test.name, status, message, file, line: finding?.line };
}
