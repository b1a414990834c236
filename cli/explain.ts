import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { writeDocument } from "../plugin/policy/read/extend-document.ts";
import { readDocument } from "../plugin/policy/read/read-document.ts";
import { validateDocument } from "../plugin/policy/read/validate-document.ts";
import { readPolicyFile } from "../plugin/runtime/load/policy-store.ts";
import { describeEffective } from "./describe-effective.ts";
import { showExcerpts } from "./findings/excerpts.ts";
import { reportText } from "./findings/report-findings.ts";

interface ExplainOptions {
  readonly format: "yaml" | "json";
}

export function addExplainCommand(program: Command): void {
  program
    .command("explain")
    .description("explain a policy file: what each of its rules and operations requires, with the defaults included")
    .argument("<file>", "policy file, YAML or JSON")
    .requiredOption("--effective", "print each rule and operation as it is in effect")
    .addOption(new Option("--format <format>", "form of the result").choices(["yaml", "json"]).default("yaml"))
    .action(explainFile);
}

async function explainFile(file: string, { format }: ExplainOptions): Promise<void> {
  const load = await readPolicyFile(resolve(file), file);
  if (!load.ok) {
    const checked = { file, findings: showExcerpts(load.failure, file, load.text), policy: undefined };
    process.stderr.write(reportText([checked], process.stderr.isTTY));
    process.exitCode = 1;
    return;
  }
  const source = readDocument(load.text);
  const valid = source.ok ? validateDocument(source.value.data) : source;
  if (!valid.ok) {
    throw new Error(`${file} changed while it was read: try again`);
  }
  const effective = describeEffective(valid.value);
  process.stdout.write(format === "json" ? `${JSON.stringify(effective, null, 2)}\n` : writeDocument(effective));
}
