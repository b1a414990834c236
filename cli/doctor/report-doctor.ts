import pc from "picocolors";
import type { Colors } from "picocolors/types.js";
import { toPrintable, withoutUserInfo } from "../../plugin/core/text/printable.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import { plural } from "../findings/plural.ts";
import type { Report, ReportedCase } from "../findings/report.ts";
import { DOCTOR_CHECKS } from "./checks/registry.ts";
import type { DoctorCheck, Outcome } from "./model/check.ts";
import type { Problem } from "./model/problem.ts";
import type { Setup } from "./model/setup.ts";

export interface CheckResult {
  readonly check: DoctorCheck;
  readonly outcome: Outcome;
}

const WIDTH = Math.max(...DOCTOR_CHECKS.map(({ id }) => id.length));
const CASE_STATUS = { passed: "passed", failed: "failed", not_checked: "skipped" } as const;

export function runChecks(setup: Setup): readonly CheckResult[] {
  return DOCTOR_CHECKS.map((check) => ({ check, outcome: check.run(setup) }));
}

/** Writes the result for people: two lines for each problem, and one line for each other check. */
export function formatDoctor(results: readonly CheckResult[], hasColor: boolean): string {
  const color = pc.createColors(hasColor);
  const lines = results.flatMap((result) => formatResult(result, color));
  const summary = summarize(results);
  const isClean = results.every(({ outcome }) => outcome.status !== "failed");
  return `${lines.join("\n")}\n${isClean ? color.green(summary) : color.red(summary)}\n`;
}

function formatResult({ check, outcome }: CheckResult, color: Colors): readonly string[] {
  const name = check.id.padEnd(WIDTH);
  switch (outcome.status) {
    case "passed":
      return [`${color.green("✓")} ${name}  ${show(outcome.detail)}`];
    case "not_checked":
      return [color.dim(`– ${name}  not checked: ${show(outcome.detail)}`)];
    case "failed":
      return outcome.problems.flatMap((problem) => [
        `${color.red("✗")} ${name}  ${placeOf(problem)}${show(problem.message)}`,
        `  ${color.bold("how to fix:")} ${show(problem.fix)}`,
      ]);
  }
}

function placeOf({ file, line, column }: Problem): string {
  return file === undefined ? "" : `${toPrintable([file, line ?? [], column ?? []].flat().join(":"))} `;
}

function show(text: string): string {
  return toPrintable(withoutUserInfo(text));
}

function summarize(results: readonly CheckResult[]): string {
  const count = (status: Outcome["status"]): number =>
    results.filter(({ outcome }) => outcome.status === status).length;
  const problems = results.reduce(
    (sum, { outcome }) => sum + (outcome.status === "failed" ? outcome.problems.length : 0),
    0,
  );
  return [
    `${plural(count("passed"), "check")} passed`,
    problems === 0 ? "no problems" : plural(problems, "problem"),
    `${count("not_checked")} not checked`,
  ].join(", ");
}

/** Writes the result as a report, which every output format accepts. */
export function reportDoctor(results: readonly CheckResult[]): Report {
  return {
    command: "doctor",
    findings: results.flatMap(({ check, outcome }) =>
      outcome.status === "failed" ? outcome.problems.map((problem) => toFinding(check, problem)) : [],
    ),
    cases: results.map(toCase),
    summary: [summarize(results)],
    details: {
      checks: results.map(({ check, outcome }) => ({
        id: check.id,
        status: outcome.status,
        detail: outcome.status === "failed" ? null : withoutUserInfo(outcome.detail),
      })),
    },
  };
}

function toFinding({ id }: DoctorCheck, { code = id, severity, message, fix, file, line, column }: Problem): Finding {
  const place = {
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
  };
  return {
    code,
    ...(severity && { severity }),
    message: withoutUserInfo(message),
    notes: [`how to fix: ${withoutUserInfo(fix)}`],
    ...place,
  };
}

function toCase({ check, outcome }: CheckResult): ReportedCase {
  return {
    suite: "doctor",
    name: check.id,
    status: CASE_STATUS[outcome.status],
    message:
      outcome.status === "failed"
        ? outcome.problems.map(({ message, fix }) => withoutUserInfo(`${message}\nhow to fix: ${fix}`)).join("\n")
        : withoutUserInfo(outcome.detail),
  };
}
