import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { findLintRule } from "../../offline/lint/rules/registry.ts";
import { messageOf } from "../../plugin/core/text/error-message.ts";
import { type Finding, isWarning } from "../../plugin/policy/language/finding.ts";
import { readApprovals } from "../diff/approvals.ts";
import { compareVersions } from "../diff/compare-versions.ts";
import type { FoundChange } from "../diff/policies/compare-files.ts";
import { summarize, toFinding, toJson } from "../diff/report-changes.ts";
import { hasErrors } from "../findings/formats.ts";
import { plural } from "../findings/plural.ts";
import { type CheckedFile, summarizeChecked } from "../findings/report-findings.ts";
import { lintFiles } from "../lint/lint-files.ts";
import { runTestFiles } from "../policy-tests/run-files.ts";
import { checkFile } from "./check-file.ts";
import { checkGateway, type Gateway, readGateway } from "./check-gateway.ts";
import { type CheckStep, incompleteStep, type StepName, skipStep } from "./check-step.ts";
import { type PickedFiles, pickFiles } from "./pick-files.ts";

export interface CheckSettings {
  readonly against?: string | undefined;
  /** The files of one gateway. */
  readonly kong: readonly string[];
  readonly policyRoot?: string | undefined;
  readonly approvals: string;
  /** The required coverage, in percent. If undefined, `check` does not measure coverage. */
  readonly min?: number | undefined;
}

export interface CheckResult {
  readonly steps: readonly CheckStep[];
  /** All changes of policies, with their approvals. */
  readonly changes: readonly FoundChange[];
  readonly approved: ReadonlySet<string>;
  readonly gateway: Gateway;
}

const NOT_READ = /^file_/;

/** Runs all steps. A step that cannot run does not stop the other steps. */
export async function runCheck(paths: readonly string[], settings: CheckSettings): Promise<CheckResult> {
  const files = await pickFiles(paths);
  const changes: FoundChange[] = [];
  const approved = new Set<string>();
  const checked = await Promise.all(
    [...files.policies, ...files.tests].map((file) => checkFile(file, settings.policyRoot)),
  );
  const read = await readGateway([...new Set([...settings.kong, ...files.kong])], settings.policyRoot, files.policies);
  const gateway: Gateway = read.ok ? read.value : { files: [], policyRoot: settings.policyRoot ?? "policies" };
  const first = [
    validate(checked),
    read.ok
      ? await attempt("kong.yml", () => checkGateway(gateway, files.otherKong))
      : incompleteStep("kong.yml", read.failure),
  ];
  const known = new Set(first.flatMap(({ findings }) => findings.map(nameOf)));
  const isNew = (finding: Finding): boolean => !known.has(nameOf(finding));
  const steps = [
    ...first,
    await attempt("lint", () => lint(files.policies, gateway, settings, isNew)),
    await attempt("test", () => runTests(files, settings.min, checked, isNew)),
    await attempt("diff", () => comparePolicies(paths, settings, { changes, approved, isNew })),
  ];
  return { steps, changes, approved, gateway };
}

/**
 * Returns a text that identifies a finding. If several steps report the same finding, the text is the same. The steps
 * write the file name relative to different directories, so the text contains only the last part of the file name.
 */
function nameOf({ code, file = "", line, column, message }: Finding): string {
  return JSON.stringify([code, basename(file), line, column, message]);
}

async function attempt(name: StepName, run: () => Promise<CheckStep>): Promise<CheckStep> {
  try {
    return await run();
  } catch (error) {
    return incompleteStep(name, messageOf(error));
  }
}

/** Omits warnings that `lint` reports too, because a policy author can suppress them in `lint`. */
function validate(checked: readonly CheckedFile[]): CheckStep {
  const all = checked
    .flatMap((file) => file.findings)
    .filter((finding) => !isWarning(finding) || findLintRule(finding.code) === undefined);
  const findings = all.filter((one, index) => all.findIndex((other) => nameOf(other) === nameOf(one)) === index);
  return {
    name: "validate",
    status: hasErrors(findings) ? "failed" : "passed",
    summary: [summarizeChecked(checked)],
    findings,
    cases: checked.map(({ file, policy, findings: own }) => ({
      suite: "validate",
      name: file,
      status: policy === undefined ? "failed" : "passed",
      message: own.map(({ message }) => message).join("\n"),
      file,
    })),
  };
}

/** As in `lint`, any finding fails the step. If a finding is intended, the author suppresses the finding, with a reason. */
async function lint(
  files: readonly string[],
  gateway: Gateway,
  { policyRoot }: CheckSettings,
  isNew: (finding: Finding) => boolean,
): Promise<CheckStep> {
  const read = await Promise.all(files.map(async (file) => ({ file, text: await readFile(file, "utf8") })));
  const gateways = gateway.files.length > 0 ? [gateway.files] : [];
  const { findings, suppressed } = await lintFiles(read, gateways, { policyRoot });
  const own = findings.filter(isNew);
  const counts = [
    plural(own.length, "finding"),
    ...(suppressed > 0 ? [`${suppressed} suppressed`] : []),
    ...(own.length < findings.length ? ["lint skips files with mistakes"] : []),
  ];
  return {
    name: "lint",
    status: findings.length > 0 ? "failed" : "passed",
    summary: [counts.join(", ")],
    findings: own,
    cases: [],
  };
}

async function runTests(
  { tests, policies }: PickedFiles,
  min: number | undefined,
  checked: readonly CheckedFile[],
  isNew: (finding: Finding) => boolean,
): Promise<CheckStep> {
  const { report, files } = await runTestFiles(tests, { sign: true, coverage: min !== undefined, min });
  // A test file with a mistake still counts as a test of its policy.
  const tested = new Set(files.map((file) => resolve(file)));
  const untested = policies.filter((file) => {
    const policy = checked.find((one) => one.file === file)?.policy;
    return policy && "rules" in policy && policy.rules > 0 && !tested.has(resolve(file));
  });
  const isError = min !== undefined && min > 0;
  const missing = untested.map(
    (file): Finding => ({
      code: "not_covered",
      severity: isError ? "error" : "warning",
      message: `No test file tests this policy. Write ${file.replace(/\.[^.]+$/, "")}.test.yaml.`,
      file,
    }),
  );
  const found = [...report.findings, ...missing];
  const isComplete = !found.some(({ code }) => NOT_READ.test(code));
  const isBad = hasErrors(found);
  return {
    name: "test",
    status: !isComplete ? "incomplete" : isBad ? "failed" : tests.length === 0 ? "skipped" : "passed",
    summary: tests.length === 0 ? ["no test files"] : report.summary,
    findings: found.filter(isNew),
    cases: report.cases,
    details: report.details,
  };
}

interface DiffResults {
  readonly changes: FoundChange[];
  readonly approved: Set<string>;
  readonly isNew: (finding: Finding) => boolean;
}

async function comparePolicies(
  paths: readonly string[],
  { against, policyRoot, approvals: approvalsFile }: CheckSettings,
  { changes, approved, isNew }: DiffResults,
): Promise<CheckStep> {
  if (against === undefined) {
    return skipStep("diff", "no --against");
  }
  const approvals = await readApprovals(approvalsFile);
  const compared = await compareVersions(paths, { against, policyRoot });
  changes.push(...compared.changes);
  for (const { fingerprint } of approvals) {
    approved.add(fingerprint);
  }
  const found = compared.changes.map((change) => toFinding(change, approvals));
  const isComplete = compared.findings.length === 0;
  // `validate` already reports the mistakes of the new version, so this function reports only the mistakes of the old version.
  const foreign = compared.findings.filter(isNew);
  return {
    name: "diff",
    status: foreign.length > 0 ? "incomplete" : !isComplete || hasErrors(found) ? "failed" : "passed",
    summary: summarize(compared),
    findings: [...foreign, ...found],
    cases: [],
    details: { changes: compared.changes.map(toJson) },
  };
}
