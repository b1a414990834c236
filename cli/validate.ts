import { readFile } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { createPolicyStore, readPolicyFile } from "../plugin/runtime/policy-store.ts";
import { checkInlineKeys } from "./check-inline-keys.ts";
import { type CheckedFile, reportJson, reportText } from "./report-issues.ts";

interface ValidateOptions {
  readonly policyRoot?: string;
  readonly format: "text" | "json";
}

export function addValidateCommand(program: Command): void {
  program
    .command("validate")
    .description("check policy files: syntax, schema and whether they compile; prints every mistake with its place")
    .argument("<file...>", "policy files, YAML or JSON")
    .option("--policy-root <dir>", "the directory that all policy files must lie in, as on the gateway")
    .addOption(new Option("--format <format>", "form of the report").choices(["text", "json"]).default("text"))
    .action(validateFiles);
}

async function validateFiles(files: readonly string[], { policyRoot, format }: ValidateOptions): Promise<void> {
  const checked = await Promise.all(files.map((file) => checkFile(file, policyRoot)));
  const report = format === "json" ? reportJson(checked) : reportText(checked, process.stdout.isTTY);
  process.stdout.write(report);
  process.exitCode = checked.some(({ issues }) => issues.length > 0) ? 1 : 0;
}

async function checkFile(file: string, policyRoot: string | undefined): Promise<CheckedFile> {
  const path = resolve(file);
  const load =
    policyRoot === undefined
      ? await readPolicyFile(path, file)
      : await createPolicyStore(resolve(policyRoot)).loadFile(relative(resolve(policyRoot), path));
  const issues = "policy" in load ? await checkInlineKeys(load.policy, load.text) : load.issues;
  if ("policy" in load && issues.length === 0) {
    return { file, issues: [], lines: [], policy: { name: load.policy.name, rules: load.policy.rules.size } };
  }
  // Another file than a policy may be a secret.
  const isShown = !issues.some(({ code }) => code === "not_a_policy" || code.startsWith("file_"));
  const text = isShown ? await readFile(path, "utf8") : "";
  return { file, issues, lines: text.split(/\r?\n/), policy: undefined };
}
