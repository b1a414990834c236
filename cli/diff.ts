import type { Command } from "commander";
import { isLooser } from "../offline/compare/change.ts";
import type { Finding } from "../plugin/policy/language/finding.ts";
import { type Approval, readApprovals, writeApprovals } from "./diff/approvals.ts";
import { compareVersions } from "./diff/compare-versions.ts";
import { summarize, toFinding, toJson } from "./diff/report-changes.ts";
import { formatOption, formatReport, hasErrors, type ReportFormat } from "./findings/formats.ts";

interface DiffOptions {
  readonly against: string;
  readonly policyRoot?: string;
  readonly approvals: string;
  readonly approve?: string;
  readonly format: ReportFormat;
}

export function addDiffCommand(program: Command): void {
  program
    .command("diff")
    .description(
      "compare policies and kong.yml with an earlier version: which requests gain or lose access, with an example of each change",
    )
    .argument("[paths...]", "the new policy files or kong.yml, or directories that contain them", ["."])
    .requiredOption(
      "--against <before>",
      "the old version: git:main or another commit, a directory, a policy file, or a kong.yml",
    )
    .option(
      "--policy-root <dir>",
      "the directory that must contain all policies, as on the gateway; the same on both sides",
    )
    .option("--approvals <file>", "approved changes, kept in Git", "jwt-policy-approvals.yaml")
    .option("--approve <reason>", "add the looser changes to the approvals, with this reason")
    .addOption(formatOption())
    .action(printDiff);
}

async function printDiff(paths: readonly string[], options: DiffOptions): Promise<void> {
  const { approvals: approvalsFile, approve, format } = options;
  const comparison = await compareVersions(paths, options);
  const { changes, findings } = comparison;
  const looser = changes.filter(({ change }) => isLooser(change));
  if (approve !== undefined) {
    await writeApprovals(
      approvalsFile,
      looser.map(({ fingerprint }) => fingerprint),
      approve,
    );
  }
  const approvals: readonly Approval[] = await readApprovals(approvalsFile);
  const all: readonly Finding[] = [...findings, ...changes.map((change) => toFinding(change, approvals))];
  const report = {
    command: "diff",
    findings: all,
    cases: [],
    summary: summarize(comparison),
    details: { changes: changes.map(toJson) },
  };
  process.stdout.write(formatReport(report, format, process.stdout.isTTY));
  process.exitCode = findings.length > 0 ? 2 : hasErrors(all) ? 1 : 0;
}
