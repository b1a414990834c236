import { execFile } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { GenericContainer, Wait } from "testcontainers";
import { runPluginProcess } from "../../sandbox/plugin/plugin-process.ts";
import { findMissingImages, KONG_IMAGE } from "../../test/containers/images.ts";
import { findProcesses, startsOurs } from "../../test/gateways/find-process.ts";
import { findFreePorts } from "../../test/gateways/free-port.ts";
import {
  type AdaptSettings,
  type FaultyGatewayKind,
  keepSettings,
  pickDenialLine,
  restartPluginServer,
  START_CMD,
  waitFor,
} from "../../test/gateways/gateway.ts";
import { loadConfig, quietKongEnvironment } from "../../test/gateways/kong/kong-environment.ts";
import { askKongSettings } from "../../test/gateways/kong/kong-settings.ts";

const run = promisify(execFile);
const QUERY_CMD = "KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD";
const SHARED = "/shared";
const STOCK_SERVER = createRequire(import.meta.url).resolve("kong-pdk/bin/kong-js-pluginserver");
const GUARD = join(import.meta.dirname, "../../plugin/guard");

interface KongContainerOptions {
  /** Changes the `KONG_*` settings before Kong starts. */
  readonly adapt?: AdaptSettings;
  /** With kong-pdk's own plugin server, and therefore with the guard. */
  readonly stock?: boolean;
}

/**
 * Runs Kong's image on the network of this machine. The machine must run Linux. The plugin server is a process of this
 * machine. The faults send signals to this process, and damage the socket in the directory that Kong and the server
 * share.
 */
export async function kongContainer({
  adapt = keepSettings,
  stock = false,
}: KongContainerOptions = {}): Promise<FaultyGatewayKind> {
  const kind = stock ? ", stock server with the guard" : "";
  const options = stock ? ["--stock", STOCK_SERVER] : [];
  return {
    label: `Kong container${kind}`,
    missing: await findWhatIsMissing(),
    async start({ configText, policyRoot }) {
      const directory = await mkdtemp(join(tmpdir(), "kong-container-"));
      await chmod(directory, 0o777); // The user of the image is not the user of this process.
      await writeFile(join(directory, "kong.yml"), configText);
      await writeFile(join(directory, "error.log"), "");
      await chmod(join(directory, "error.log"), 0o666);
      const socket = join(directory, "jwt-policy.socket");
      const [port, tlsPort] = await findFreePorts();
      const usual = await askKongSettings(directory, policyRoot, options);
      const { stdout: dump } = await run("/bin/sh", ["-c", usual[QUERY_CMD] ?? ""]);
      await writeFile(join(directory, "dump.json"), dump);
      await cp(GUARD, join(directory, "guard"), { recursive: true });
      const { [START_CMD]: startCommand, ...settings } = adapt({
        ...usual,
        KONG_PLUGINSERVER_JWT_POLICY_SOCKET: `${SHARED}/jwt-policy.socket`,
        [QUERY_CMD]: `/bin/cat ${SHARED}/dump.json`,
        ...(stock ? { KONG_LUA_PACKAGE_PATH: `${SHARED}/guard/?.lua;;` } : {}),
        ...quietKongEnvironment(`${SHARED}/kong.yml`, port, tlsPort),
        KONG_PROXY_ERROR_LOG: `${SHARED}/error.log`,
      });
      const server = runPluginProcess({
        // Kong's container has another user, so the socket must be open to all.
        command: ["/bin/sh", "-c", `umask 0; exec ${startCommand}${stock ? "" : " --socket-mode 666"}`],
        onLine: () => {},
        onChange: () => {},
      });
      const pluginServerPid = async (): Promise<number | undefined> =>
        stock ? server.pid() : (await findProcesses(startsOurs("jwt-policy-server.mjs", socket)))[0]?.pid;
      const container = await new GenericContainer(KONG_IMAGE)
        .withNetworkMode("host")
        .withBindMounts([{ source: directory, target: SHARED }])
        .withEnvironment(settings)
        .withWaitStrategy(Wait.forSuccessfulCommand("kong health"))
        .withStartupTimeout(60_000)
        .start()
        .catch(async (error: unknown) => {
          await server.stop();
          throw error;
        });
      const { output } = await container.exec(["kong", "version"]);
      const version = output.trim();
      return {
        name: `Kong ${version} (container ${KONG_IMAGE}${kind})`,
        version,
        url: `http://127.0.0.1:${port}`,
        tlsUrl: `https://127.0.0.1:${tlsPort}`,
        findDenialLine: (requestId) =>
          waitFor(async () => pickDenialLine(await readFile(join(directory, "error.log"), "utf8"), requestId), 5_000),
        socket,
        pluginServerPid,
        restartPluginServer: () => restartPluginServer(pluginServerPid),
        kong: {
          reload: async () => {
            const { exitCode, output: words } = await container.exec(["kong", "reload"]);
            if (exitCode !== 0) {
              throw new Error(`kong reload failed: ${words}`);
            }
          },
          load: (text) => loadConfig(settings, text),
          async killWorkerZero() {
            // Kong starts its workers in order, so their pids increase.
            const words =
              "grep -l '^nginx: worker process' /proc/[0-9]*/cmdline | sort -t/ -k3n | head -n 1 | cut -d/ -f3";
            const { exitCode, output: text } = await container.exec(["sh", "-c", `kill -9 "$(${words})"`]);
            if (exitCode !== 0) {
              throw new Error(`no worker to end: ${text}`);
            }
          },
        },
        async stop() {
          await container.stop();
          await server.stop();
          await rm(directory, { recursive: true, force: true, maxRetries: 5 });
        },
      };
    },
  };
}

async function findWhatIsMissing(): Promise<string | undefined> {
  return process.platform === "linux"
    ? findMissingImages([KONG_IMAGE])
    : "faults in containers need Linux: they signal processes and harm a socket that a container shares with this machine";
}
