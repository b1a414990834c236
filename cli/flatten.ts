import { resolve } from "node:path";
import type { Command } from "commander";
import { readPolicyFile } from "../plugin/runtime/load/policy-store.ts";
import { showExcerpts } from "./findings/excerpts.ts";
import { reportText } from "./findings/report-findings.ts";

export function addFlattenCommand(program: Command): void {
  program
    .command("flatten")
    .description(
      "print a policy file and the files that it extends as one document; logs and /status show the document's SHA-256",
    )
    .argument("<file>", "policy file, YAML or JSON")
    .action(flattenFile);
}

async function flattenFile(file: string): Promise<void> {
  const load = await readPolicyFile(resolve(file), file);
  if (!load.ok) {
    const checked = { file, findings: showExcerpts(load.failure, file, load.text), policy: undefined };
    process.stderr.write(reportText([checked], process.stderr.isTTY));
    process.exitCode = 1;
    return;
  }
  process.stdout.write(load.text);
}
