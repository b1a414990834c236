import type { Command } from "commander";
import { checkFile } from "./check/check-file.ts";
import { formatOption, formatReport, hasErrors, type ReportFormat } from "./findings/formats.ts";
import type { Report } from "./findings/report.ts";
import { type CheckedFile, reportJson, reportText, summarizeChecked } from "./findings/report-findings.ts";
import { type OnlineServices, openOnlineFetcher } from "./online/check-online.ts";

interface ValidateOptions {
  readonly policyRoot?: string;
  readonly online?: boolean;
  readonly fetchSettings?: string;
  readonly format: ReportFormat;
}

export function addValidateCommand(program: Command): void {
  program
    .command("validate")
    .description(
      "check the syntax and the schema of policy files, and compile them; prints each mistake and warning with its position; only mistakes make the command fail",
    )
    .argument("<file...>", "policy files, YAML or JSON")
    .option("--policy-root <dir>", "the directory that must contain all policy files, as on the gateway")
    .option(
      "--online",
      "ask each issuer for its metadata and keys, as the plugin server does, and compare them with the policy",
    )
    .option("--fetch-settings <file>", "with --online: the file with fetch settings, as on the gateway")
    .addOption(formatOption())
    .action(validateFiles);
}

async function validateFiles(files: readonly string[], options: ValidateOptions): Promise<void> {
  const online = await openOnline(options);
  const checked = await Promise.all(files.map((file) => checkFile(file, options.policyRoot, online)));
  process.stdout.write(format(checked, options.format));
  process.exitCode = checked.some(({ policy }) => policy === undefined) ? 1 : 0;
}

/** @throws Error if the fetch settings have a mistake, or would have no effect. */
async function openOnline({
  online = false,
  fetchSettings,
  policyRoot,
}: ValidateOptions): Promise<OnlineServices | undefined> {
  if (!online && fetchSettings !== undefined) {
    throw new Error("--fetch-settings has an effect only with --online: add it, or leave out --fetch-settings");
  }
  return online ? { fetchJson: await openOnlineFetcher(fetchSettings), policyRoot, now: Date.now } : undefined;
}

function format(checked: readonly CheckedFile[], name: ReportFormat): string {
  switch (name) {
    case "text":
      return reportText(checked, process.stdout.isTTY);
    case "json":
      return reportJson(checked);
    default:
      return formatReport(toReport(checked), name, process.stdout.isTTY);
  }
}

function toReport(checked: readonly CheckedFile[]): Report {
  const passed = checked.filter(({ findings }) => !hasErrors(findings));
  return {
    command: "validate",
    findings: checked.flatMap(({ file, findings }) => findings.map((finding) => ({ file, ...finding }))),
    cases: passed.map(({ file }) => ({ suite: file, name: "validate", status: "passed", file })),
    summary: [summarizeChecked(checked)],
    details: {},
  };
}
