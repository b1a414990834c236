import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../gateways/free-port.ts";

const run = promisify(execFile);
const KONG = process.env.KONG_BIN ?? "kong";
const SERVER_MAIN = join(import.meta.dirname, "../../../dist/jwt-policy-server.mjs");

/** Why no Kong can run on this machine; undefined if a Kong can run. */
export function findMissingKong(): string | undefined {
  try {
    execFileSync(KONG, ["version"], { stdio: "ignore", timeout: 20_000 });
    return undefined;
  } catch {
    return "no kong: set KONG_BIN or put kong into PATH";
  }
}

export interface AdminKong {
  /** Loads a whole kong.yml into Kong. Returns the status and the text of Kong's answer. */
  load(configText: string): Promise<{ readonly status: number; readonly text: string }>;
  stop(): Promise<void>;
}

/**
 * A Kong without a database that was started with a kong.yml. It knows the plugin only from our dump. (`kong config
 * parse` of Kong 3.9 cannot load any external plugin: its command line has no global `kong`.)
 *
 * @param more settings that replace other settings. A setting that is undefined is removed.
 * @throws Error with Kong's words if Kong refuses the file.
 */
export async function startAdminKong(
  configFile: string,
  more: Readonly<Record<string, string | undefined>> = {},
): Promise<AdminKong> {
  const prefix = await mkdtemp(join(tmpdir(), "kong-"));
  const port = await findFreePort();
  const server = "KONG_PLUGINSERVER_JWT_POLICY";
  const env = {
    ...process.env,
    KONG_PREFIX: prefix,
    KONG_DATABASE: "off",
    KONG_DECLARATIVE_CONFIG: configFile,
    KONG_PLUGINS: "bundled,jwt-policy",
    KONG_PLUGINSERVER_NAMES: "jwt-policy",
    [`${server}_SOCKET`]: join(prefix, "s"),
    [`${server}_QUERY_CMD`]: `${process.execPath} ${SERVER_MAIN} --dump`,
    KONG_PROXY_LISTEN: "off",
    KONG_ADMIN_LISTEN: `127.0.0.1:${port}`,
    KONG_ADMIN_GUI_LISTEN: "off",
    KONG_STATUS_LISTEN: "off",
    KONG_ANONYMOUS_REPORTS: "off",
    KONG_NGINX_WORKER_PROCESSES: "1",
    ...(process.getuid?.() === 0 ? { KONG_NGINX_USER: "root root" } : {}),
    ...more,
  };
  const kong = (command: string): Promise<unknown> => run(KONG, [command], { env, timeout: 60_000 });
  const stop = async (): Promise<void> => {
    await kong("stop").catch(() => undefined);
    await rm(prefix, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await kong("start");
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async load(configText) {
      const response = await fetch(`http://127.0.0.1:${port}/config`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ config: configText }),
      });
      return { status: response.status, text: await response.text() };
    },
    stop,
  };
}
