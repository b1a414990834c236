import { dirname } from "node:path";
import { isYamlFile, kindOfText } from "../diff/policies/policy-tree.ts";
import { listFiles } from "../files/list-files.ts";
import { readInput } from "../files/read-input.ts";
import { isTestFile } from "../policy-tests/load-suite.ts";
import type { LintInput } from "./lint-policy-file.ts";

interface PickedFiles {
  readonly policies: readonly LintInput[];
  /** Kong's files, in one list for each gateway. */
  readonly gateways: readonly (readonly LintInput[])[];
}

/**
 * Reads the files to lint. From directories and globs, this function takes only policies and Kong's files. The function takes
 * every file that an argument names.
 *
 * @param kongFiles the files of one gateway. If `kongFiles` is empty, all of Kong's files in one directory count as one gateway.
 * @throws Error if there is nothing to lint.
 */
export async function pickFiles(args: readonly string[], kongFiles: readonly string[]): Promise<PickedFiles> {
  const files = await listFiles(args, (name) => isYamlFile(name) && !isTestFile(name));
  const read = (await Promise.all(files.map(readLintInput))).map((input) => ({
    ...input,
    kind: kindOfText(input.text),
  }));
  const policies = read.filter(({ file, kind }) => kind === "policy" || (kind === "other" && args.includes(file)));
  const found = read.filter(({ kind }) => kind === "kong");
  const gateways = kongFiles.length > 0 ? [await Promise.all(kongFiles.map(readLintInput))] : groupByDirectory(found);
  if (policies.length + gateways.length === 0) {
    throw new Error(`${args.join(", ")}: no policy here`);
  }
  return { policies, gateways };
}

function groupByDirectory(inputs: readonly LintInput[]): readonly (readonly LintInput[])[] {
  const directories = [...new Set(inputs.map(({ file }) => dirname(file)))];
  return directories.map((directory) => inputs.filter(({ file }) => dirname(file) === directory));
}

async function readLintInput(file: string): Promise<LintInput> {
  return { file, text: await readInput(file) };
}
