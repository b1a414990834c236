/** Starts the plugin server as a separate process. Also starts the gateway that calls the plugin server. */
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fail, type Result } from "../../plugin/core/model/result.ts";
import { FACTS_VARIABLE } from "../../plugin/kong/facts/facts-variable.ts";
import { describeMistakes, type KongConfig, readKongConfig } from "../config/kong-config.ts";
import { startGateway } from "../gateway/gateway.ts";
import type { FindAddress } from "../gateway/proxy.ts";
import type { Log } from "../message/gateway-log.ts";
import { createPluginClient } from "../plugin/plugin-client.ts";
import { type PluginProcess, runPluginProcess } from "../plugin/plugin-process.ts";
import { makeTemporaryDirectory, removeTemporaryDirectory } from "./temporary-directory.ts";

/**
 * The time in which the plugin server must begin to listen, in milliseconds. Usually the plugin server needs a third of
 * a second. The limit is much longer, because a busy machine is much slower. If the plugin server ends, the sandbox
 * stops waiting at once.
 */
const READY_TIMEOUT = 60_000;
/** nginx's default for `lua_socket_read_timeout`, in milliseconds. */
const DEFAULT_READ_TIMEOUT = 60_000;

/**
 * The plugin server prints this line as soon as it listens on the status address. Until then, another program may be
 * using this address.
 */
const STATUS_IS_SERVED = /^status is served on (\S+)/;

export interface SandboxOptions {
  /** The content of a `kong.yml`. */
  configText: string;
  /** The name of the configuration, for messages. */
  configFile?: string;
  /** The directory that contains all policy files. */
  policyRoot: string;
  /** The port of the gateway; 0 means any free port. */
  proxyPort: number;
  /** The nginx variables to set, by name without `$`. Each value is the text between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  onLog: Log;
  /** For these issuers, the sandbox uses its own keys instead of the issuers' keys. */
  standIn?: StandIn | undefined;
  /** Finds the address to which requests of a Service go. By default, this is the address in the configuration. */
  findAddress?: FindAddress | undefined;
  /** The absolute path of the settings file for fetching keys. */
  fetchSettings?: string | undefined;
  /**
   * The address on which the plugin server shows its status. The form is that of the option `--status-listen`. By
   * default, the plugin server shows no status.
   */
  statusListen?: string | undefined;
  /**
   * Called with the address as soon as the plugin server shows its status at this address. Called again after a restart
   * of the plugin server.
   */
  onStatus?: ((address: string) => void) | undefined;
  /** The environment variables for decK's `${{ env "DECK_…" }}` in the configuration. */
  environment?: NodeJS.ProcessEnv;
  /** The time limit for each answer of the plugin server, in milliseconds. */
  readTimeoutMs?: number;
}

export interface StandIn {
  /** The ids of the issuers in the policies. */
  issuers: readonly string[];
  /** The directory of the sandbox's keys. */
  keys: string;
}

export interface Sandbox {
  url: string;
  /** The configuration that the gateway serves now. */
  config(): KongConfig;
  /**
   * Serves a new text of `kong.yml`. If the text has mistakes, the gateway keeps its configuration.
   *
   * @returns the mistakes in the text; undefined if there are no mistakes.
   */
  reload(configText: string): string | undefined;
  /**
   * The process id of the plugin server. The id changes when the plugin server restarts, and is undefined while the plugin server
   * is down.
   */
  pluginServerPid(): number | undefined;
  stop(): Promise<void>;
}

/**
 * @throws Error in three cases: the configuration has mistakes, and the error lists all of them; the port is taken, and
 * the error has the code EADDRINUSE; the plugin server does not start, and the error says why.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { configText, configFile = "kong.yml", onLog, environment } = options;
  const readConfig = (text: string): Result<KongConfig, string> => {
    const read = readKongConfig(text, environment);
    return read.ok ? read : fail(describeMistakes(read.failure, configFile));
  };
  const read = readConfig(configText);
  if (!read.ok) {
    throw new Error(read.failure);
  }
  let config = read.value;
  const directory = await makeTemporaryDirectory();
  const socketPath = join(directory, "plugin.sock");
  const server = startPluginServer(options, socketPath);
  const pluginClient = createPluginClient({
    socketPath,
    readTimeout: options.readTimeoutMs ?? DEFAULT_READ_TIMEOUT,
    log: onLog,
  });
  const stopPlugin = async (): Promise<void> => {
    pluginClient.close();
    await server.stop();
    await removeTemporaryDirectory(directory);
  };
  try {
    await waitForListener(socketPath, server);
    const { proxyPort: port, nginxVariables, findAddress } = options;
    const gateway = await startGateway({ config, findAddress, pluginClient, port, nginxVariables, log: onLog });
    return {
      url: `http://127.0.0.1:${gateway.port}`,
      config: () => config,
      reload(text) {
        const next = readConfig(text);
        if (!next.ok) {
          return next.failure;
        }
        config = next.value;
        gateway.use(config);
        return undefined;
      },
      pluginServerPid: server.pid,
      stop: async () => {
        await gateway.stop();
        await stopPlugin();
      },
    };
  } catch (error) {
    await stopPlugin();
    throw error;
  }
}

function startPluginServer(options: SandboxOptions, socketPath: string): PluginProcess {
  const { policyRoot, nginxVariables, standIn, fetchSettings, statusListen, onStatus, onLog } = options;
  const facts = Object.hasOwn(nginxVariables, FACTS_VARIABLE.name) ? ["--facts-variable"] : [];
  const fetching = fetchSettings === undefined ? [] : ["--fetch-settings", fetchSettings];
  const status = statusListen === undefined ? [] : ["--status-listen", statusListen];
  const paths = ["--socket", socketPath, "--policy-root", policyRoot, ...fetching, ...status];
  const program =
    standIn === undefined
      ? [findBuilt("jwt-policy-server.mjs")]
      : [findBuilt("sandbox/stand-in/server-main.js"), JSON.stringify(standIn)];
  return runPluginProcess({
    command: [process.execPath, ...program, ...paths, "--parent", String(process.pid), ...facts],
    onLine(message) {
      onLog({ level: "info", source: "plugin server", message });
      const [, address] = STATUS_IS_SERVED.exec(message) ?? [];
      if (address !== undefined) {
        onStatus?.(address);
      }
    },
    onChange: (message) => onLog({ level: "notice", source: "gateway", message }),
  });
}

/**
 * Finds the built program of the plugin server, even if this module runs from its source in a test. Without stand-in
 * keys, the program is the one that Kong runs.
 */
function findBuilt(file: string): string {
  return fileURLToPath(
    new URL(import.meta.url.endsWith(".ts") ? `../../dist/${file}` : `../../${file}`, import.meta.url),
  );
}

async function waitForListener(path: string, server: PluginProcess): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT;
  const firstPid = server.pid();
  while (!(await isListening(path))) {
    if (server.pid() !== firstPid) {
      throw new Error("the plugin server ended instead of listening; its output says why");
    }
    if (Date.now() > deadline) {
      throw new Error(`the plugin server did not listen within ${READY_TIMEOUT / 1000} s; its output says why`);
    }
    await sleep(10);
  }
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
