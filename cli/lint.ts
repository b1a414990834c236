import type { Command } from "commander";
import { findLintRule, LINT_RULES } from "../offline/lint/rules/registry.ts";
import type { Finding } from "../plugin/policy/language/finding.ts";
import { didYouMean } from "../plugin/policy/language/suggest-name.ts";
import { collectValues } from "./files/collect-values.ts";
import { STDIN } from "./files/list-files.ts";
import { watchFiles } from "./files/watch-files.ts";
import { formatOption, formatReport, type ReportFormat } from "./findings/formats.ts";
import { plural } from "./findings/plural.ts";
import type { Report } from "./findings/report.ts";
import { fixPolicies } from "./lint/fix-policies.ts";
import { type LintSettings, lintFiles } from "./lint/lint-files.ts";
import type { LintInput } from "./lint/lint-policy-file.ts";
import { pickFiles } from "./lint/pick-files.ts";

interface LintOptions {
  readonly kong: readonly string[];
  readonly policyRoot?: string;
  readonly fix?: boolean;
  readonly rule?: readonly string[];
  readonly watch?: boolean;
  readonly format: ReportFormat;
}

export function addLintCommand(program: Command): void {
  program
    .command("lint")
    .description(
      "find policies that cannot work, that let more pass than intended, or that do not fit kong.yml; each rule is in docs/reference/lint.md",
    )
    .argument("[paths...]", "policy files, directories or globs; - is standard input", ["."])
    .option(
      "--kong <file>",
      "a kong.yml or decK file; can be repeated (default: the files in the directories)",
      collectValues,
      [],
    )
    .option("--policy-root <dir>", "the directory that must contain all policy files, as on the gateway")
    .option("--fix", "correct the findings that have a fix, and keep comments and layout")
    .option("--rule <id>", "check only this rule; can be repeated", collectValues)
    .option("--watch", "run again when a policy or kong.yml changes")
    .addOption(formatOption())
    .action(async (paths: readonly string[], options: LintOptions) => {
      checkRules(options.rule ?? []);
      if (options.watch) {
        await watchFiles(() => lint(paths, options));
      } else {
        await lint(paths, options);
      }
    });
}

function checkRules(ids: readonly string[]): void {
  const unknown = ids.find((id) => findLintRule(id) === undefined);
  if (unknown !== undefined) {
    const hint = didYouMean(
      unknown,
      LINT_RULES.map(({ id }) => id),
    );
    throw new Error(`There is no rule "${unknown}".${hint} docs/reference/lint.md lists all rules.`);
  }
}

/** Lints the files once, and prints the report. Returns all files that the report depends on. */
async function lint(paths: readonly string[], options: LintOptions): Promise<readonly string[]> {
  const { policies: read, gateways } = await pickFiles(paths, options.kong);
  const settings: LintSettings = { policyRoot: options.policyRoot, rules: options.rule };
  const fixed = options.fix ? await fixPolicies(read, gateways, settings) : { policies: read, count: 0 };
  const corrected = options.fix ? fixed.policies.filter(({ file }) => file === STDIN) : [];
  process.stdout.write(corrected.map(({ text }) => text).join(""));
  const { findings, suppressed } = await lintFiles(fixed.policies, gateways, settings);
  const inputs = [...fixed.policies, ...gateways.flat()];
  const report = toReport(inputs, findings, { fixed: fixed.count, suppressed });
  const out = corrected.length > 0 ? process.stderr : process.stdout;
  out.write(formatReport(report, options.format, out.isTTY));
  process.exitCode = findings.length > 0 ? 1 : 0;
  return inputs.map(({ file }) => file);
}

function toReport(
  inputs: readonly LintInput[],
  findings: readonly Finding[],
  counts: { readonly fixed: number; readonly suppressed: number },
): Report {
  const clean = inputs.filter(({ file }) => !findings.some((finding) => finding.file === file));
  const parts = [
    plural(inputs.length, "file"),
    plural(findings.length, "finding"),
    ...(counts.suppressed > 0 ? [`${counts.suppressed} suppressed`] : []),
    ...(counts.fixed > 0 ? [`${counts.fixed} corrected`] : []),
  ];
  return {
    command: "lint",
    findings,
    failingWarnings: findings,
    cases: clean.map(({ file }) => ({ suite: file, name: "lint", status: "passed", file })),
    summary: [parts.join(", ")],
    details: { files: inputs.map(({ file }) => file), ...counts },
  };
}
