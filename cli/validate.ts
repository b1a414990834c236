import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { loadPolicyFile, readPolicyFile } from "../plugin/runtime/load/policy-store.ts";
import { checkInlineKeys } from "./findings/check-inline-keys.ts";
import { areAboutText, showExcerpts } from "./findings/excerpts.ts";
import { findWarnings } from "./findings/find-warnings.ts";
import { type CheckedFile, reportJson, reportText } from "./findings/report-findings.ts";

interface ValidateOptions {
  readonly policyRoot?: string;
  readonly format: "text" | "json";
}

export function addValidateCommand(program: Command): void {
  program
    .command("validate")
    .description(
      "check policy files: syntax, schema and whether they compile; prints every mistake and warning with its place; warnings do not fail the check",
    )
    .argument("<file...>", "policy files, YAML or JSON")
    .option("--policy-root <dir>", "the directory that must contain all policy files, as on the gateway")
    .addOption(new Option("--format <format>", "form of the report").choices(["text", "json"]).default("text"))
    .action(validateFiles);
}

async function validateFiles(files: readonly string[], { policyRoot, format }: ValidateOptions): Promise<void> {
  const checked = await Promise.all(files.map((file) => checkFile(file, policyRoot)));
  const report = format === "json" ? reportJson(checked) : reportText(checked, process.stdout.isTTY);
  process.stdout.write(report);
  process.exitCode = checked.some(({ policy }) => policy === undefined) ? 1 : 0;
}

async function checkFile(file: string, policyRoot: string | undefined): Promise<CheckedFile> {
  const path = resolve(file);
  const load =
    policyRoot === undefined
      ? await readPolicyFile(path, file)
      : await loadPolicyFile(resolve(policyRoot), relative(resolve(policyRoot), path));
  if (!load.ok) {
    const text = areAboutText(load.failure) ? await readFile(path, "utf8") : "";
    return { file, findings: showExcerpts(load.failure, file, text), policy: undefined };
  }
  const ownText = await readFile(path, "utf8");
  const mistakes = await checkInlineKeys(load.value, ownText);
  return mistakes.length > 0
    ? { file, findings: showExcerpts(mistakes, file, ownText), policy: undefined }
    : {
        file,
        findings: showExcerpts(findWarnings(load.text, ownText), file, ownText),
        policy: { name: load.value.name, rules: load.value.rules.size },
      };
}
