import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "./free-port.ts";
import { type Gateway, type GatewayKind, pickDenialLine, waitFor } from "./gateway.ts";
import { quietKongEnvironment, rootEnvironment } from "./kong-environment.ts";
import { askKongSettings } from "./kong-settings.ts";

const run = promisify(execFile);
const STOCK_SERVER = createRequire(import.meta.url).resolve("kong-pdk/bin/kong-js-pluginserver");
const KONG = process.env.KONG_BIN ?? "kong";

interface KongBinaryOptions {
  /** With the guard loaded, but not configured: it checks what jwt-policy judges, and is no default deny. */
  readonly guard?: boolean;
  /** With kong-pdk's own plugin server, and therefore with the guard. */
  readonly stock?: boolean;
  /** Changes the `KONG_*` settings before Kong starts: more workers, another start command. */
  readonly adapt?: (settings: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/** A Kong whose process and log can be looked into. */
export interface KongBinary extends Gateway {
  /** Kong's prefix, where the socket is. */
  readonly prefix: string;
  pluginServerPid(): Promise<number | undefined>;
  readErrorLog(): Promise<string>;
}

interface KongBinaryKind extends GatewayKind {
  start(...args: Parameters<GatewayKind["start"]>): Promise<KongBinary>;
}

/** Kong from `KONG_BIN` or PATH, DB-less, with a plugin server that Kong itself starts from `jwt-policy kong env`. */
export function kongBinary({
  guard = false,
  stock = false,
  adapt = (settings) => settings,
}: KongBinaryOptions = {}): KongBinaryKind {
  const version = readKongVersion();
  const kind = stock ? ", stock server with the guard" : guard ? ", with the guard" : "";
  const options = [...(guard ? ["--guard"] : []), ...(stock ? ["--stock", STOCK_SERVER] : [])];
  return {
    label: `Kong binary${kind}`,
    missing: version === undefined ? "no kong: set KONG_BIN or put kong into PATH" : undefined,
    async start({ configText, policyRoot }) {
      const prefix = await mkdtemp(join(tmpdir(), "kong-"));
      await writeFile(join(prefix, "kong.yml"), configText);
      const port = await findFreePort();
      const settings = adapt({
        ...(await askKongSettings(prefix, policyRoot, options)),
        KONG_PREFIX: prefix,
        ...quietKongEnvironment(join(prefix, "kong.yml"), port),
        ...rootEnvironment(),
      });
      const environment = { ...process.env, ...settings };
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
        name: `Kong ${version} (binary${kind})`,
        version: version ?? "",
        url: `http://127.0.0.1:${port}`,
        prefix,
        pluginServerPid: () => findPluginServer(socket),
        readErrorLog: () => readFile(errorLog, "utf8"),
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

/** The process that was started with this socket, found by its command line; the stock server has its name apart. */
async function findPluginServer(socket: string): Promise<number | undefined> {
  for (const name of await readdir("/proc")) {
    const commandLine = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, "utf8").catch(() => "") : "";
    const words = commandLine.split("\0");
    const isOurs = words.includes(socket) && words.some((word) => word.endsWith("plugin/server/main.js"));
    if (isOurs || (words.includes(STOCK_SERVER) && words.includes(dirname(socket)))) {
      return Number(name);
    }
  }
  return undefined;
}
