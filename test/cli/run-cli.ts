import { spawnSync } from "node:child_process";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../dist/cli/main.js");

/** Runs the built command as a user would, without colour. */
export function runCli(args: readonly string[], environment: Readonly<Record<string, string>> = {}, input = "") {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: "utf8",
    input,
    env: { NO_COLOR: "1", ...environment },
  });
  return { status, stdout, stderr };
}
