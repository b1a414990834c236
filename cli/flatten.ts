import type { Command } from "commander";
import { readOrReport } from "./files/read-or-report.ts";

export function addFlattenCommand(program: Command): void {
  program
    .command("flatten")
    .description(
      "print one document that joins a policy file and the files that it extends; logs and /status show the document's SHA-256",
    )
    .argument("<file>", "policy file, YAML or JSON")
    .action(flattenFile);
}

async function flattenFile(file: string): Promise<void> {
  const load = await readOrReport(file);
  if (!load) {
    return;
  }
  process.stdout.write(load.text);
}
