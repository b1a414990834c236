import { execFile, execFileSync, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../../test/gateways/free-port.ts";
import { quietKongEnvironment, rootEnvironment } from "../../test/gateways/kong/kong-environment.ts";
import { askKongSettings } from "../../test/gateways/kong/kong-settings.ts";
import { startPostgres } from "./postgres.ts";

const KONG = process.env.KONG_BIN ?? "kong";
const SERVER = join(import.meta.dirname, "../../dist/jwt-policy-server.mjs");

export interface KongWithPostgres {
  /** The title of the gateway, such as `Kong 3.9.3 (binary, PostgreSQL)`. */
  readonly name: string;
  readonly adminUrl: string;
  readonly proxyUrl: string;
  /** Takes the database away from the running Kong. The database does not come back. */
  stopDatabase(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A Kong that keeps its configuration in a separate PostgreSQL. This Kong does not start the plugin server. In Kong
 * 3.9, a worker that has started one cannot answer `GET /` of the Admin API, and decK asks this first.
 */
export async function startKongWithPostgres(policyRoot: string): Promise<KongWithPostgres> {
  const postgres = await startPostgres();
  const prefix = await mkdtemp(join(tmpdir(), "kong-"));
  const [proxyPort, adminPort] = [await findFreePort(), await findFreePort()];
  const dumpFile = join(prefix, "jwt-policy.json");
  writeFileSync(dumpFile, execFileSync(process.execPath, [SERVER, "--dump"]));
  const socket = join(prefix, "jwt-policy.socket");
  const options = ["--socket", socket, "--policy-root", policyRoot, "--facts-variable"];
  const server = spawn(process.execPath, [SERVER, ...options], { stdio: "ignore" });
  const environment = {
    ...process.env,
    ...(await askKongSettings(prefix, policyRoot, ["--dump-file", dumpFile])),
    ...quietKongEnvironment("", proxyPort),
    ...rootEnvironment(),
    KONG_PREFIX: prefix,
    KONG_DECLARATIVE_CONFIG: undefined,
    KONG_DATABASE: "postgres",
    KONG_PG_HOST: "127.0.0.1",
    KONG_PG_PORT: String(postgres.port),
    KONG_PG_USER: "postgres",
    KONG_PG_DATABASE: "postgres",
    KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
  };
  const kong = (...args: readonly string[]): Promise<{ stdout: string }> =>
    promisify(execFile)(KONG, args, { env: environment, timeout: 180_000 });
  let isDatabaseUp = true;
  const stopDatabase = async (): Promise<void> => {
    if (isDatabaseUp) {
      isDatabaseUp = false;
      await postgres.stop();
    }
  };
  const stop = async (): Promise<void> => {
    await kong("stop").catch(() => undefined);
    server.kill("SIGKILL");
    await stopDatabase();
    await rm(prefix, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const { stdout } = await kong("version");
    await kong("migrations", "bootstrap");
    await kong("start");
    return {
      name: `Kong ${stdout.trim()} (binary, PostgreSQL)`,
      adminUrl: `http://127.0.0.1:${adminPort}`,
      proxyUrl: `http://127.0.0.1:${proxyPort}`,
      stopDatabase,
      stop,
    };
  } catch (error) {
    const log = await readFile(join(prefix, "logs/error.log"), "utf8").catch(() => "");
    await stop();
    throw new Error(`Kong did not start: ${error}\n${log.slice(-2_000)}`);
  }
}
