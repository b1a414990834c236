import { writeFile } from "node:fs/promises";
import { type Command, Option } from "commander";
import { collectValues } from "../files/collect-values.ts";
import { formatOption, formatReport, type ReportFormat } from "../findings/formats.ts";
import type { Report } from "../findings/report.ts";
import { parsePercent } from "../policy-tests/policy-findings.ts";
import type { CheckStep } from "./check-step.ts";
import { createFindRequest } from "./find-route.ts";
import { type CheckResult, runCheck } from "./run-check.ts";
import { type SandboxFiles, writeComment } from "./write-comment.ts";

interface CheckOptions {
  readonly against?: string;
  readonly kong: readonly string[];
  readonly policyRoot?: string;
  readonly approvals: string;
  readonly min?: number;
  readonly comment?: string;
  readonly sarif?: string;
  readonly junit?: string;
  readonly codeQuality?: string;
  readonly format: ReportFormat;
}

export function addCheckCommand(program: Command): void {
  program
    .command("check")
    .description("run all checks of policies for CI, with one report: validate, lint, test and diff")
    .argument("[paths...]", "policy files, their tests, or directories that contain them", ["."])
    .option(
      "--against <before>",
      "compare with this version: git:main or another commit, a directory, or a policy file",
    )
    .option(
      "--kong <file>",
      "kong.yml or a decK file: check that its Routes and plugins fit the policies; can be repeated",
      collectValues,
      [],
    )
    .option("--policy-root <dir>", "the directory that must contain all policies, as on the gateway")
    .option("--approvals <file>", "approved changes, kept in Git", "jwt-policy-approvals.yaml")
    .addOption(
      new Option(
        "--min <percent>",
        "measure the coverage of the tests, and exit 1 if the coverage is below this percentage",
      ).argParser(parsePercent),
    )
    .option("--comment <file>", "write a comment for the pull request, as Markdown")
    .option("--sarif <file>", "write the report also as SARIF, for code scanning")
    .option("--junit <file>", "write the report also as JUnit's XML, for test reports")
    .option("--code-quality <file>", "write the report also as GitLab's code quality report")
    .addOption(formatOption())
    .action(check);
}

async function check(paths: readonly string[], options: CheckOptions): Promise<void> {
  const { format, comment, sarif, junit, codeQuality } = options;
  const result = await runCheck(paths, options);
  const report = toReport(result);
  process.stdout.write(formatReport(report, format, process.stdout.isTTY));
  process.exitCode = exitCode(result.steps);
  if (comment !== undefined) {
    await writeFile(comment, writeComment(result, findSandbox(result)));
  }
  for (const [file, form] of [
    [sarif, "sarif"],
    [junit, "junit"],
    [codeQuality, "gitlab"],
  ] as const) {
    if (file !== undefined) {
      await writeFile(file, formatReport(report, form, false));
    }
  }
}

/**
 * Finds the files for the sandbox. The sandbox reads only one Kong configuration file. So if there are several, the
 * result is undefined.
 */
function findSandbox({ gateway: { files, policyRoot } }: CheckResult): SandboxFiles | undefined {
  const [kong, ...others] = files;
  return kong === undefined || others.length > 0
    ? undefined
    : { kong: kong.file, policyRoot, findRequest: createFindRequest(kong.text, policyRoot) };
}

function toReport({ steps }: CheckResult): Report {
  return {
    command: "check",
    findings: steps.flatMap(({ findings }) => findings),
    failingWarnings: steps.flatMap(({ name, findings }) => (name === "lint" ? findings : [])),
    cases: steps.flatMap(({ cases }) => cases),
    summary: [...steps.map(describeStep), describeResult(steps)],
    details: {
      steps: Object.fromEntries(
        steps.map(({ name, status, summary, details }) => [name, { status, summary, details }]),
      ),
    },
  };
}

function describeStep({ name, status, summary }: CheckStep): string {
  const lines = summary.join("; ");
  return `${name.padEnd(8)}  ${status.padEnd(10)}  ${lines}`;
}

function describeResult(steps: readonly CheckStep[]): string {
  const named = (status: CheckStep["status"]): string =>
    steps
      .filter((step) => step.status === status)
      .map(({ name }) => name)
      .join(", ");
  const parts = [
    ...(named("failed") === "" ? [] : [`failed: ${named("failed")}`]),
    ...(named("incomplete") === "" ? [] : [`could not run: ${named("incomplete")}`]),
  ];
  return parts.length === 0 ? "check passed" : parts.join("; ");
}

/**
 * Returns the exit code. The code is 2 if a step could not do its work, because the result of this step is not known.
 */
function exitCode(steps: readonly CheckStep[]): number {
  const has = (status: CheckStep["status"]): boolean => steps.some((step) => step.status === status);
  return has("incomplete") ? 2 : has("failed") ? 1 : 0;
}
