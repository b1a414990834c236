import { readFile } from "node:fs/promises";
import { isYamlFile, kindOfText } from "../diff/policies/policy-tree.ts";
import { listFiles, STDIN } from "../files/list-files.ts";
import { isTestFile } from "../policy-tests/load-suite.ts";

/** The files that `check` reads. */
export interface PickedFiles {
  readonly policies: readonly string[];
  readonly tests: readonly string[];
  /** The Kong configuration files that are given as arguments. */
  readonly kong: readonly string[];
  /**
   * The Kong configuration files that were found in directories. `check` reads such a file only if it is given with
   * `--kong`, because a directory can contain the files of several gateways.
   */
  readonly otherKong: readonly string[];
}

/**
 * From directories and globs, this function takes only policies and their test files. A file that an argument names is always
 * taken.
 *
 * @throws Error if there are neither policies nor tests.
 */
export async function pickFiles(paths: readonly string[]): Promise<PickedFiles> {
  if (paths.includes(STDIN)) {
    throw new Error("check reads files and directories, not standard input");
  }
  const files = await listFiles(paths, isYamlFile);
  const tests = files.filter(isTestFile);
  const others = await Promise.all(
    files
      .filter((file) => !isTestFile(file))
      .map(async (file) => ({ file, kind: kindOfText(await readFile(file, "utf8").catch(() => "")) })),
  );
  const policies = others.filter(({ file, kind }) => kind === "policy" || (kind === "other" && paths.includes(file)));
  const kong = others.filter(({ kind }) => kind === "kong").map(({ file }) => file);
  if (policies.length + tests.length === 0) {
    throw new Error(`${paths.join(", ")}: no policy here`);
  }
  return {
    policies: policies.map(({ file }) => file),
    tests,
    kong: kong.filter((file) => paths.includes(file)),
    otherKong: kong.filter((file) => !paths.includes(file)),
  };
}
