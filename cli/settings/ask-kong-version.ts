import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** What `kong version` prints; undefined if there is no `kong` here. `KONG_BIN` names the program, or it is in PATH. */
export async function askKongVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(process.env.KONG_BIN ?? "kong", ["version"], { timeout: 10_000 });
    return stdout;
  } catch {
    return undefined;
  }
}
