import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const CLI = join(import.meta.dirname, "../../../dist/cli/main.js");

/** Runs the command that users run. So every run on a Kong also tests the command. */
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
