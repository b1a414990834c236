import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { renderDump } from "../../../plugin/server/settings/dump.ts";
import { createKongSettings } from "../../../plugin/server/settings/kong-settings.ts";
import { findFreePort } from "../../gateways/free-port.ts";
import { quietKongEnvironment, rootEnvironment } from "../../gateways/kong/kong-environment.ts";

const KONG = process.env.KONG_BIN ?? "kong";

export interface RecordedKong {
  readonly version: string;
  readonly proxyPort: number;
  /** Replaces the whole configuration. Workers use the new configuration a moment later. */
  reload(config: object): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a DB-less Kong that starts no plugin server. This Kong has one worker, so that one client sees all calls.
 *
 * @param prefix an empty directory.
 * @param socket the path where Kong expects the plugin server.
 */
export async function startKong(prefix: string, socket: string, config: object): Promise<RecordedKong> {
  const [proxyPort, adminPort] = [await findFreePort(), await findFreePort()];
  await writeFile(join(prefix, "kong.yml"), stringify(config));
  await writeFile(join(prefix, "dump.json"), renderDump());
  const { KONG_PLUGINSERVER_JWT_POLICY_START_CMD: _, ...settings } = createKongSettings({
    node: process.execPath,
    serverMain: "",
    launcherMain: "",
    socket,
    policyRoot: prefix,
    headers: [],
    fetchSettings: undefined,
    stateDir: undefined,
    statusListen: undefined,
    environment: {},
  });
  const env = {
    ...process.env,
    ...settings,
    KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: `/bin/cat ${join(prefix, "dump.json")}`,
    KONG_PREFIX: prefix,
    ...quietKongEnvironment(join(prefix, "kong.yml"), proxyPort),
    KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    ...rootEnvironment(),
  };
  const run = (...args: string[]) => promisify(execFile)(KONG, args, { env, timeout: 60_000 });
  const stop = async (): Promise<void> => void (await run("stop").catch(() => undefined));
  const reload = async (body: object): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/config`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error(`Kong refuses the configuration: ${await answer.text()}`);
    }
  };
  try {
    await run("start");
    const { stdout } = await run("version");
    // Five seconds after its start (worker_state_update_frequency), Kong builds its list of plugins once more, and
    // starts their instances again.
    await sleep(6_000);
    return { version: stdout.trim(), proxyPort, reload, stop };
  } catch (error) {
    const log = await readFile(join(prefix, "logs/error.log"), "utf8").catch(() => "");
    await stop();
    throw new Error(`Kong did not start: ${error}\n${log.slice(-2_000)}`);
  }
}
