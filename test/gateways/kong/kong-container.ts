import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { findMissingImages, KONG_IMAGE, NODE_IMAGE } from "../../containers/images.ts";
import { inPod, restartPluginServerIn, startKongInPod } from "../../containers/kong-in-pod.ts";
import type { Pod } from "../../containers/pod.ts";
import type { GatewayKind } from "../gateway.ts";
import { askKongSettings } from "./kong-settings.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SERVER = join(ROOT, "dist/jwt-policy-server.mjs");
/** Paths in both containers, shared and separate. */
const SHARED = "/run/jwt-policy";
const OWN = "/opt/jwt-policy";
const SOCKET = `${SHARED}/jwt-policy.socket`;

interface KongContainerOptions {
  /** The guard is loaded, but not configured: it checks jwt-policy's verdicts, and does not deny by default. */
  readonly guard?: boolean;
}

/**
 * The official image of Kong, with the plugin server in a second container. The two containers share a volume with the socket.
 */
export async function kongContainer({ guard = false }: KongContainerOptions = {}): Promise<GatewayKind> {
  const kind = guard ? ", with the guard" : "";
  return inPod({
    label: `Kong container${kind}`,
    missing: await findMissingImages([KONG_IMAGE, NODE_IMAGE]),
    async start(pod, { configText, policyRoot }) {
      const server = await startPluginServer(pod, policyRoot);
      const options = ["--dump-file", `${OWN}/dump.json`, ...(guard ? ["--guard", `${OWN}/guard`] : [])];
      const image = pod
        .createContainer(KONG_IMAGE)
        .withBindMounts([{ source: pod.volume, target: SHARED, mode: "ro" }])
        .withCopyContentToContainer([{ content: await dumpSchema(), target: `${OWN}/dump.json` }])
        .withCopyDirectoriesToContainer([{ source: join(ROOT, "plugin/guard"), target: `${OWN}/guard` }]);
      const settings = {
        ...(await askKongSettings(SHARED, policyRoot, options)),
        // On Windows, the command prints paths of Windows. But the paths are in the container.
        KONG_PLUGINSERVER_JWT_POLICY_SOCKET: SOCKET,
        KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: `/bin/cat ${OWN}/dump.json`,
        ...(guard ? { KONG_LUA_PACKAGE_PATH: `${OWN}/guard/?.lua;;` } : {}),
      };
      const { gateway } = await startKongInPod(pod, image, configText, settings).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return {
        ...gateway,
        name: `Kong ${gateway.version} (container ${KONG_IMAGE}${kind})`,
        restartPluginServer: () => restartPluginServerIn(server),
        async stop() {
          await gateway.stop();
          await server.stop();
        },
      };
    },
  });
}

async function startPluginServer(pod: Pod, policyRoot: string) {
  const options = `--socket ${SOCKET} --socket-mode 666 --policy-root ${OWN}/policies --facts-variable`;
  // The shell replaces the container engine, which restarts a sidecar. Kong has another user, so the socket needs this
  // mode.
  const command = `while true; do node ${OWN}/jwt-policy-server.mjs ${options}; done`;
  return pod
    .createContainer(NODE_IMAGE)
    .withBindMounts([{ source: pod.volume, target: SHARED }])
    .withCopyContentToContainer([{ content: await readFile(SERVER, "utf8"), target: `${OWN}/jwt-policy-server.mjs` }])
    .withCopyDirectoriesToContainer([{ source: policyRoot, target: `${OWN}/policies` }])
    .withCommand(["sh", "-c", command])
    .start();
}

async function dumpSchema(): Promise<string> {
  return (await promisify(execFile)(process.execPath, [SERVER, "--dump"])).stdout;
}
