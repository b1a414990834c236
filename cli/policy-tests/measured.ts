import type { Finding } from "../../plugin/policy/language/finding.ts";
import type { ReportedCase } from "../findings/report.ts";
import type { LoadedSuite } from "./load-suite.ts";

/** The options of a measurement of coverage or mutants. */
export interface MeasureOptions {
  /** The required score, in percent. If the score is undefined, the command accepts every score. */
  readonly min: number | undefined;
  /** If set, only rules and issuers that changed since this version in Git are measured. */
  readonly changedSince: string | undefined;
}

/** The result of a measurement of coverage or mutants. */
export interface Measured {
  readonly findings: readonly Finding[];
  readonly cases: readonly ReportedCase[];
  readonly summary: readonly string[];
  /** For the JSON form, one entry for each policy. */
  readonly details: readonly unknown[];
  readonly isTooLow: boolean;
}

/** Measures each policy once, with the tests of all its test files. */
export async function collectMeasured(
  suites: readonly LoadedSuite[],
  measure: (ofPolicy: readonly LoadedSuite[]) => Promise<Measured>,
): Promise<Measured> {
  const measured: Measured[] = [];
  for (const file of new Set(suites.map(({ policyFile }) => policyFile))) {
    measured.push(await measure(suites.filter(({ policyFile }) => policyFile === file)));
  }
  return {
    findings: measured.flatMap(({ findings }) => findings),
    cases: measured.flatMap(({ cases }) => cases),
    summary: measured.flatMap(({ summary }) => summary),
    details: measured.flatMap(({ details }) => details),
    isTooLow: measured.some(({ isTooLow }) => isTooLow),
  };
}
