import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const CLI = join(import.meta.dirname, "../../../dist/cli/main.js");

/** Asks the command that users run, so that every run on a Kong proves the command as well. */
export async function askKongSettings(
  prefix: string,
  policyRoot: string,
  more: readonly string[] = [],
): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[CLI, "kong", "env"],
    ...["--prefix", prefix],
    ...["--policy-root", policyRoot],
    ...["--format", "json"],
    ...more,
  ]);
  return JSON.parse(stdout);
}
