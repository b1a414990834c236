import { execFile } from "node:child_process";
import { MAIN } from "./run-cli.ts";

/** Runs the built command in a separate process, while servers of the test answer it. */
export function runCliAsync(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const env = { NO_COLOR: "1", ...environment };
    const child = execFile(process.execPath, [MAIN, ...args], { env, encoding: "utf8" }, (error, stdout, stderr) => {
      if (child.exitCode === null) {
        reject(error ?? new Error("the command did not end"));
      } else {
        resolve({ status: child.exitCode, stdout, stderr });
      }
    });
  });
}
