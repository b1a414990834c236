import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "./free-port.ts";
import { type GatewayKind, pickDenialLine, waitFor } from "./gateway.ts";
import { quietKongEnvironment, rootEnvironment } from "./kong-environment.ts";
import { askKongSettings } from "./kong-settings.ts";

const run = promisify(execFile);
const KONG = process.env.KONG_BIN ?? "kong";

interface KongBinaryOptions {
  /** With the guard loaded, but not configured: it checks what jwt-policy judges, and is no default deny. */
  readonly guard?: boolean;
  /** Laid over the environment of Kong. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Kong from `KONG_BIN` or PATH, DB-less, with a plugin server that Kong itself starts from `jwt-policy kong env`. */
export function kongBinary({ guard = false, environment: more = {} }: KongBinaryOptions = {}): GatewayKind {
  const version = readKongVersion();
  return {
    label: `Kong binary${guard ? " with the guard" : ""}`,
    missing: version === undefined ? "no kong: set KONG_BIN or put kong into PATH" : undefined,
    async start({ configText, policyRoot }) {
      const prefix = await mkdtemp(join(tmpdir(), "kong-"));
      await writeFile(join(prefix, "kong.yml"), configText);
      const port = await findFreePort();
      const environment = {
        ...process.env,
        ...(await askKongSettings(prefix, policyRoot, guard ? ["--guard"] : [])),
        KONG_PREFIX: prefix,
        ...quietKongEnvironment(join(prefix, "kong.yml"), port),
        ...rootEnvironment(),
        ...more,
      };
      const kong = (command: string): Promise<unknown> => run(KONG, [command], { env: environment, timeout: 60_000 });
      const socket = join(prefix, "jwt-policy.socket");
      const errorLog = join(prefix, "logs/error.log");
      const stop = async (): Promise<void> => {
        await kong("stop").catch(() => undefined);
        await rm(prefix, { recursive: true, force: true, maxRetries: 5 });
      };
      try {
        await kong("start");
        await waitFor(() => findPluginServer(socket), 10_000);
      } catch (error) {
        const log = await readFile(errorLog, "utf8").catch(() => "");
        await stop();
        throw new Error(`Kong did not start: ${error}\n${log.slice(-2_000)}`);
      }
      return {
        name: `Kong ${version} (binary${guard ? ", with the guard" : ""})`,
        version: version ?? "",
        url: `http://127.0.0.1:${port}`,
        findDenialLine: (requestId) =>
          waitFor(async () => pickDenialLine(await readFile(errorLog, "utf8"), requestId), 5_000),
        async restartPluginServer() {
          const pid = await findPluginServer(socket);
          process.kill(pid ?? Number.NaN, "SIGKILL");
          await waitFor(async () => {
            const next = await findPluginServer(socket);
            return next !== undefined && next !== pid ? next : undefined;
          }, 10_000);
        },
        stop,
      };
    },
  };
}

function readKongVersion(): string | undefined {
  try {
    return execFileSync(KONG, ["version"], { encoding: "utf8", timeout: 20_000, stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}

/** The process that was started with this socket, found by its command line. */
async function findPluginServer(socket: string): Promise<number | undefined> {
  for (const name of await readdir("/proc")) {
    const commandLine = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "") : "";
    const words = commandLine.split("\0");
    if (words.includes(socket) && words.some((word) => word.endsWith("plugin/server/main.js"))) {
      return Number(name);
    }
  }
  return undefined;
}
