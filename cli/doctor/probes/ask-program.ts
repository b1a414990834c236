import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { fail, type Result, succeed } from "../../../plugin/core/model/result.ts";
import { messageOf } from "../../../plugin/core/text/error-message.ts";
import type { PluginServer, ServerCommand } from "../settings/plugin-server.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 10_000;
const SERVER = "jwt-policy-server.mjs";

/** The program that Kong starts, or the file that Kong reads instead. */
export interface ServerProgram {
  /** The version of Node; undefined if Kong reads the schema from a file. */
  readonly node: string | undefined;
  /** What the query command prints. */
  readonly dump: string;
  /** Where the dump comes from, for messages. */
  readonly from: string;
}

/**
 * Asks the installed server for the schema that Kong will get. The only command that it runs is Node with our server's
 * file. It never runs another command from the settings. As in Kong, the environment is empty.
 */
export async function askProgram(server: PluginServer): Promise<Result<ServerProgram, string>> {
  const { dumpFile, start, query, isStock } = server;
  try {
    if (dumpFile !== undefined) {
      return succeed({ node: undefined, dump: await readFile(dumpFile, "utf8"), from: dumpFile });
    }
    const command = [start, query].find(
      (one) => one?.ok === true && /^node(?:js)?\d*$/.test(basename(one.value.program)),
    );
    if (isStock || !command?.ok) {
      return fail(isStock ? "Kong's stock plugin server is used" : "no command in Kong's settings runs Node");
    }
    return succeed(await askNode(command.value));
  } catch (error) {
    return fail(messageOf(error));
  }
}

async function askNode({ program, file = "" }: ServerCommand): Promise<ServerProgram> {
  const options = { timeout: TIMEOUT_MS, env: {} };
  const { stdout: version } = await run(program, ["--version"], options);
  const main = join(dirname(file), SERVER);
  const { stdout: dump } = await run(program, [main, "--dump"], options);
  return { node: version.trim().replace(/^v/, ""), dump, from: main };
}
