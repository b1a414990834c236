import { execFile, execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findProcesses, startsOurs } from "../find-process.ts";
import { findFreePorts } from "../free-port.ts";
import {
  type AdaptSettings,
  type FaultyGateway,
  type GatewayKind,
  type KongSettings,
  keepSettings,
  pickDenialLine,
  restartPluginServer,
  waitFor,
} from "../gateway.ts";
import { loadConfig, quietKongEnvironment, rootEnvironment } from "./kong-environment.ts";
import { askKongSettings } from "./kong-settings.ts";

const run = promisify(execFile);
const STOCK_SERVER = createRequire(import.meta.url).resolve("kong-pdk/bin/kong-js-pluginserver");
const KONG = process.env.KONG_BIN ?? "kong";

interface KongBinaryOptions {
  /** The guard is loaded, but not configured: it checks jwt-policy's verdicts, and does not deny by default. */
  readonly guard?: boolean;
  /** With kong-pdk's own plugin server, and therefore with the guard. */
  readonly stock?: boolean;
  /** More options of `kong-jwt-policy kong env`. */
  readonly more?: readonly string[];
  /** Changes the `KONG_*` settings before Kong starts: more workers, another start command. */
  readonly adapt?: AdaptSettings;
}

/** A Kong with access to its process and log. */
export interface KongBinary extends FaultyGateway {
  /** Kong's prefix, the directory of the socket. */
  readonly prefix: string;
  readErrorLog(): Promise<string>;
  /** The settings with which Kong was started. */
  readonly settings: KongSettings;
  /** Runs `kong reload` with some settings changed. */
  reloadWith(changed: KongSettings): Promise<void>;
}

interface KongBinaryKind extends GatewayKind {
  start(...args: Parameters<GatewayKind["start"]>): Promise<KongBinary>;
}

/**
 * Kong from `KONG_BIN` or PATH, without a database. Kong itself starts the plugin server, with the settings of
 * `kong-jwt-policy kong env`.
 */
export function kongBinary({
  guard = false,
  stock = false,
  more = [],
  adapt = keepSettings,
}: KongBinaryOptions = {}): KongBinaryKind {
  const version = readKongVersion();
  const kind = stock ? ", stock server with the guard" : guard ? ", with the guard" : "";
  const options = [...(guard ? ["--guard"] : []), ...(stock ? ["--stock", STOCK_SERVER] : []), ...more];
  return {
    label: `Kong binary${kind}`,
    missing: version === undefined ? "no kong: set KONG_BIN or put kong into PATH" : undefined,
    async start({ configText, policyRoot }) {
      const prefix = await mkdtemp(join(tmpdir(), "kong-"));
      await writeFile(join(prefix, "kong.yml"), configText);
      const [port, tlsPort] = await findFreePorts();
      const settings = adapt({
        ...(await askKongSettings(prefix, policyRoot, options)),
        KONG_PREFIX: prefix,
        ...quietKongEnvironment(join(prefix, "kong.yml"), port, tlsPort),
        ...rootEnvironment(),
      });
      const environment = { ...process.env, ...settings };
      const kong = (command: string, changed: KongSettings = {}): Promise<unknown> =>
        run(KONG, [command], { env: { ...environment, ...changed }, timeout: 60_000 });
      const socket = join(prefix, "jwt-policy.socket");
      const errorLog = join(prefix, "logs/error.log");
      const stop = async (): Promise<void> => {
        await kong("stop").catch(() => undefined);
        await rm(prefix, { recursive: true, force: true, maxRetries: 5 });
      };
      try {
        await kong("start");
        await waitFor(() => findPluginServer(socket));
        // The process exists before it listens.
        await waitFor(() => existsSync(socket) || undefined);
      } catch (error) {
        const log = await readFile(errorLog, "utf8").catch(() => "");
        await stop();
        throw new Error(`Kong did not start: ${error}\n${log.slice(-2_000)}`);
      }
      return {
        name: `Kong ${version} (binary${kind})`,
        version: version ?? "",
        url: `http://127.0.0.1:${port}`,
        tlsUrl: `https://127.0.0.1:${tlsPort}`,
        prefix,
        readErrorLog: () => readFile(errorLog, "utf8"),
        findDenialLine: (requestId) => waitFor(async () => pickDenialLine(await readFile(errorLog, "utf8"), requestId)),
        settings,
        reloadWith: async (changed) => void (await kong("reload", changed)),
        socket,
        pluginServerPid: () => findPluginServer(socket),
        restartPluginServer: () => restartPluginServer(() => findPluginServer(socket)),
        kong: {
          reload: async () => void (await kong("reload")),
          load: (text) => loadConfig(settings, text),
          killWorkerZero: async () => void process.kill(await findWorkerZero(socket), "SIGKILL"),
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

/**
 * The worker that started the launcher or the stock server. Only one worker does so. @throws Error if there is no such
 * worker.
 */
async function findWorkerZero(socket: string): Promise<number> {
  const [starter] = await findProcesses(
    (words) => startsOurs("jwt-policy-launcher.mjs", socket)(words) || startsStock(words, socket),
  );
  const parent = starter?.parentPid ?? Number.NaN;
  if (!(await readFile(`/proc/${parent}/cmdline`, "utf8")).startsWith("nginx: worker process")) {
    throw new Error(`process ${parent} is no worker of Kong`);
  }
  return parent;
}

async function findPluginServer(socket: string): Promise<number | undefined> {
  const [newest] = await findProcesses(
    (words) => startsOurs("jwt-policy-server.mjs", socket)(words) || startsStock(words, socket),
  );
  return newest?.pid;
}

/** The stock server gets the directory and the name of its socket separately. */
const startsStock = (words: readonly string[], socket: string): boolean =>
  words.includes(STOCK_SERVER) && words.includes(dirname(socket));
