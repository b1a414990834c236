import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { renderState, type StateInput } from "./deck/render-state.ts";
import { collectValues } from "./files/collect-values.ts";
import { readInput } from "./files/read-input.ts";
import { reportState } from "./findings/report-findings.ts";

interface RenderOptions {
  readonly policyRoot: string;
  readonly output: string;
  readonly inline?: boolean;
  readonly tag: readonly string[];
  readonly selectTag: readonly string[];
  readonly strict?: boolean;
}

export function addRenderCommand(program: Command): void {
  program
    .command("render")
    .description(
      "check the jwt-policy plugins of decK files against the policies, and write one decK file with instance names and tags",
    )
    .argument("<file...>", "decK state files, YAML or JSON; - is standard input")
    .option("--policy-root <dir>", "directory that contains all policy files", "policies")
    .option("-o, --output <file>", "where to write; - is standard output", "-")
    .option("--inline", "put the policies into the plugins' configurations instead of the names of their files")
    .option("--tag <tag>", "tag that every jwt-policy plugin gets; can be repeated", collectValues, [])
    .option(
      "--select-tag <tag>",
      "for _info.select_tags: decK manages only entities with this tag; can be repeated",
      collectValues,
      [],
    )
    .option("--strict", "exit 1 on warnings as well, such as a route without a policy")
    .action(printState);
}

async function printState(files: readonly string[], options: RenderOptions): Promise<void> {
  const { policyRoot, output, inline = false, tag: tags, selectTag: selectTags, strict = false } = options;
  const rendered = await renderState(await Promise.all(files.map(readState)), {
    policyRoot,
    inline,
    tags,
    selectTags,
  });
  const findings = rendered.ok ? rendered.value.warnings : rendered.failure;
  process.stderr.write(reportState(findings, process.stderr.isTTY));
  if (!rendered.ok || (strict && findings.length > 0)) {
    process.exitCode = 1;
    return;
  }
  const { text } = rendered.value;
  if (output === "-") {
    process.stdout.write(text);
  } else {
    await writeFile(output, text);
  }
}

async function readState(file: string): Promise<StateInput> {
  return { file, text: await readInput(file) };
}
