import { type Command, Option } from "commander";
import type { Finding } from "../plugin/policy/language/finding.ts";
import { listFiles } from "./files/list-files.ts";
import { watchFiles } from "./files/watch-files.ts";
import { formatOption, formatReport, hasErrors, type ReportFormat } from "./findings/formats.ts";
import { isTestFile } from "./policy-tests/load-suite.ts";
import { parsePercent } from "./policy-tests/policy-findings.ts";
import { type RunOptions, runTestFiles } from "./policy-tests/run-files.ts";

interface TestOptions extends RunOptions {
  readonly format: ReportFormat;
  readonly file?: string;
  readonly watch?: boolean;
}

export function addTestCommand(program: Command): void {
  program
    .command("test")
    .description("run the tests of policies, such as payments.test.yaml beside payments.yaml, offline and without Kong")
    .argument("[files...]", "test files, directories or globs; - is standard input", ["."])
    .option("-t, --test-name-pattern <text>", "run only tests whose name, with its groups, contains this text")
    .option("--file <text>", "run only files whose path contains this text")
    .option(
      "--no-sign",
      "count signatures as valid without a check, except if a test changes the signature; without the check, tests are much faster",
    )
    .option(
      "--coverage",
      "name each requirement for which no test passes, or for which no test is refused; prints tests to paste",
    )
    .option("--mutate", "change the policy in many small ways, and name each change that no test notices")
    .addOption(
      new Option("--min <percent>", "exit 1 if the coverage or the mutation score is below this percentage").argParser(
        parsePercent,
      ),
    )
    .addOption(
      new Option(
        "--changed-since <ref>",
        "measure coverage only for rules and issuers that changed since this version in Git",
      ),
    )
    .option("--watch", "run again when a test, a policy or kong.yml changes")
    .addOption(formatOption())
    .action(async (files: readonly string[], options: TestOptions) => {
      if (options.watch) {
        await watchFiles(() => testFiles(files, options));
      } else {
        await testFiles(files, options);
      }
    });
}

/** Runs the tests once, and prints the report. Returns all files that the result of the tests depends on. */
async function testFiles(args: readonly string[], options: TestOptions): Promise<readonly string[]> {
  const listed = await listFiles(args, isTestFile);
  const { file: wanted } = options;
  const files = wanted === undefined ? listed : listed.filter((file) => file.includes(wanted));
  if (files.length === 0) {
    throw new Error(`no test file has a path that contains ${wanted}. The test files are: ${listed.join(", ")}`);
  }
  const run = await runTestFiles(files, options);
  process.stdout.write(formatReport(run.report, options.format, process.stdout.isTTY));
  process.exitCode = exitCode(run.report.findings);
  return run.files;
}

/** Returns 2 if a file cannot be read, because the tests in the file could not run. */
function exitCode(findings: readonly Finding[]): number {
  if (findings.some(({ code }) => code.startsWith("file_"))) {
    return 2;
  }
  return hasErrors(findings) ? 1 : 0;
}
