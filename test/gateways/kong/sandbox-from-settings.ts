import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { VERSION } from "../../../plugin/kong/contract/plugin-identity.ts";
import { FACTS_VARIABLE } from "../../../plugin/kong/facts/facts-variable.ts";
import { describeMistakes, readKongConfig } from "../../../sandbox/config/kong-config.ts";
import { startGateway } from "../../../sandbox/gateway/gateway.ts";
import { formatLogEntry, type LogEntry } from "../../../sandbox/message/gateway-log.ts";
import { createPluginClient } from "../../../sandbox/plugin/plugin-client.ts";
import { type PluginProcess, runPluginProcess } from "../../../sandbox/plugin/plugin-process.ts";
import { findProcesses, startsOurs } from "../find-process.ts";
import {
  type AdaptSettings,
  type FaultyGatewayKind,
  keepSettings,
  pickDenialLine,
  restartPluginServer,
  SANDBOX_IS_HTTP1,
  START_CMD,
  waitFor,
} from "../gateway.ts";
import { askKongSettings } from "./kong-settings.ts";

/** Kong starts a new worker, and ends the old worker after this time. */
const OVERLAP_MS = 100;
/** The old worker sends SIGTERM to its plugin server. After this time, the old worker kills its plugin server. */
const KILL_AFTER_MS = 172;
const READ_TIMEOUT = "KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT";

/**
 * Starts the sandbox's parts with the settings of `kong-jwt-policy kong env`, as Kong would start them. Unlike `npm
 * start`, this gateway does not wait for the plugin server.
 */
export function sandboxFromSettings({
  adapt = keepSettings,
}: {
  readonly adapt?: AdaptSettings;
} = {}): FaultyGatewayKind {
  return {
    label: "sandbox",
    missing: undefined,
    onlyHttp1: SANDBOX_IS_HTTP1,
    async start({ configText, policyRoot }) {
      const config = readKongConfig(configText);
      if (!config.ok) {
        throw new Error(describeMistakes(config.failure, "kong.yml"));
      }
      const directory = await mkdtemp(join(tmpdir(), "sandbox-"));
      const socket = join(directory, "jwt-policy.socket");
      const settings = adapt(await askKongSettings(directory, policyRoot));
      const lines: string[] = [];
      const log = (entry: LogEntry): void => {
        // Thousands of refusals are logged; tests read only the plugin's lines.
        if (entry.source === "plugin") {
          lines.push(formatLogEntry(entry));
        }
      };
      const startServer = (): PluginProcess =>
        runPluginProcess({
          command: ["/bin/sh", "-c", `exec ${settings[START_CMD]}`],
          onLine: () => {},
          onChange: () => {},
        });
      let server = startServer();
      const pluginClient = createPluginClient({
        socketPath: socket,
        readTimeout: Number.parseInt(settings[READ_TIMEOUT] ?? "60s", 10) * 1000,
        log,
      });
      const pluginServerPid = async (): Promise<number | undefined> =>
        (await findProcesses(startsOurs("jwt-policy-server.mjs", socket)))[0]?.pid;
      const nginxVariables = { [FACTS_VARIABLE.name]: FACTS_VARIABLE.value };
      const gateway = await startGateway({ config: config.value, pluginClient, port: 0, nginxVariables, log });
      return {
        name: "sandbox",
        version: VERSION,
        url: `http://127.0.0.1:${gateway.port}`,
        socket,
        findDenialLine: (requestId) => waitFor(() => pickDenialLine(lines.join("\n"), requestId)),
        pluginServerPid,
        async reload() {
          const before = server;
          server = startServer(); // The plugin server of the new worker, while the old worker still runs.
          await sleep(OVERLAP_MS);
          await before.stop("SIGTERM", KILL_AFTER_MS);
        },
        restartPluginServer: () => restartPluginServer(pluginServerPid),
        async stop() {
          await gateway.stop();
          pluginClient.close();
          await server.stop();
          await rm(directory, { recursive: true, force: true, maxRetries: 5 });
        },
      };
    },
  };
}
