/** Starts the plugin server as a separate process, and the gateway that calls it. */
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { FACTS_VARIABLE } from "../plugin/kong/facts/facts-variable.ts";
import { describeMistakes, type KongConfig, readKongConfig } from "./config/kong-config.ts";
import { startGateway } from "./gateway/gateway.ts";
import type { Log } from "./message/gateway-log.ts";
import { createPluginClient } from "./plugin/plugin-client.ts";
import { type PluginProcess, runPluginProcess } from "./plugin/plugin-process.ts";

/** How long the plugin server may need until it listens, in milliseconds. */
const READY_TIMEOUT = 15_000;
/** nginx's default for `lua_socket_read_timeout`, in milliseconds. */
const DEFAULT_READ_TIMEOUT = 60_000;

export interface SandboxOptions {
  /** The text of a `kong.yml`. */
  configText: string;
  /** The name of the configuration in messages. */
  configFile?: string;
  /** The directory of all policy files. */
  policyRoot: string;
  /** 0 means any free port. */
  proxyPort: number;
  /** Variables to set, by name without `$`. Each value is the text between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  onLog: Log;
  /** Time limit for each answer of the plugin server, in milliseconds. */
  readTimeoutMs?: number;
}

export interface Sandbox {
  url: string;
  config: KongConfig;
  /**
   * The process id of the plugin server. It changes when the plugin server restarts, and is undefined while the plugin server
   * is down.
   */
  pluginServerPid(): number | undefined;
  stop(): Promise<void>;
}

/**
 * @throws Error that lists every mistake in the configuration, or has the code EADDRINUSE. Also an Error when the plugin server
 * does not start.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { configText, configFile = "kong.yml", onLog } = options;
  const read = readKongConfig(configText);
  if (!read.ok) {
    const mistakes = describeMistakes(read.failure, configFile);
    throw new Error(`${mistakes}\nThe sandbox supports a part of Kong's configuration: docs/sandbox.md describes it.`);
  }
  const directory = await mkdtemp(join(tmpdir(), "jwt-policy-"));
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
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await waitForListener(socketPath, server);
    const { proxyPort: port, nginxVariables } = options;
    const gateway = await startGateway({ config: read.value, pluginClient, port, nginxVariables, log: onLog });
    return {
      url: `http://127.0.0.1:${gateway.port}`,
      config: read.value,
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

function startPluginServer({ policyRoot, nginxVariables, onLog }: SandboxOptions, socketPath: string): PluginProcess {
  const facts = Object.hasOwn(nginxVariables, FACTS_VARIABLE.name) ? ["--facts-variable"] : [];
  const paths = ["--socket", socketPath, "--policy-root", policyRoot];
  return runPluginProcess({
    command: [process.execPath, findPluginServer(), ...paths, "--parent", String(process.pid), ...facts],
    onLine: (message) => onLog({ level: "info", source: "plugin server", message }),
    onChange: (message) => onLog({ level: "notice", source: "gateway", message }),
  });
}

/** The file that Kong also runs. It is used even if this module runs from its source in a test. */
function findPluginServer(): string {
  const built = import.meta.url.endsWith(".ts") ? "../dist/jwt-policy-server.mjs" : "../jwt-policy-server.mjs";
  return fileURLToPath(new URL(built, import.meta.url));
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
