import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Returns the output of `kong version`; undefined if there is no `kong`. `KONG_BIN` names the program; without `KONG_BIN`, the
 * program is in PATH.
 */
export async function askKongVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.env.KONG_BIN ?? "kong", ["version"], { timeout: 10_000 });
    return stdout;
  } catch {
    return undefined;
  }
}
