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

/** The plugin server's program, or the schema file that Kong reads instead of running this program. */
export interface ServerProgram {
  /** The program's version of Node; undefined if Kong reads the schema from a file. */
  readonly node: string | undefined;
  /** The output of the query command. */
  readonly dump: string;
  /** The source of the dump, as messages show it: a command or a file. */
  readonly from: string;
}

/**
 * Asks the installed server for the schema that Kong will get. If the settings contain any other command than Node with
 * our server's file, this function does not run it. The environment of the command is empty, as in Kong.
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
