import { type GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import { type Gateway, type GatewayKind, type KongSettings, pickDenialLine, waitFor } from "../gateways/gateway.ts";
import { quietKongEnvironment } from "../gateways/kong/kong-environment.ts";
import { openPod, type Pod } from "./pod.ts";
import { KONG_PORTS } from "./pod-ports.ts";
import { PLUGIN_SERVER_PID } from "./processes.ts";

const CONFIG = "/etc/jwt-policy/kong.yml";

interface PodGatewayKind extends Pick<GatewayKind, "label" | "missing"> {
  start(pod: Pod, input: Parameters<GatewayKind["start"]>[0]): Promise<Gateway>;
}

/** A gateway in the pod of its neighbours. The servers of the neighbours must be open before the gateway starts. */
export function inPod({ start, ...kind }: PodGatewayKind): GatewayKind {
  let pod: Pod | undefined;
  return {
    ...kind,
    async openNeighbours() {
      pod = await openPod();
      return pod;
    },
    async start(input) {
      if (pod === undefined) {
        throw new Error("the gateway runs in the same pod as its neighbours: open the neighbours first");
      }
      return start(pod, input);
    },
  };
}

interface KongInPod {
  readonly container: StartedTestContainer;
  readonly gateway: Omit<Gateway, "name" | "restartPluginServer">;
}

/**
 * Starts a DB-less Kong in the network of a pod.
 *
 * @param container the container with all settings except the configuration of Kong.
 * @throws Error with Kong's log if Kong does not start.
 */
export async function startKongInPod(
  pod: Pod,
  container: GenericContainer,
  configText: string,
  settings: KongSettings = {},
): Promise<KongInPod> {
  let log = "";
  const started = await container
    .withCopyContentToContainer([{ content: configText, target: CONFIG }])
    .withEnvironment({
      ...settings,
      ...quietKongEnvironment(CONFIG, KONG_PORTS.plain, KONG_PORTS.tls, "0.0.0.0"),
      KONG_PROXY_ERROR_LOG: "/dev/stderr",
    })
    .withLogConsumer((stream) =>
      stream.on("data", (text) => {
        log += text;
      }),
    )
    .withWaitStrategy(Wait.forSuccessfulCommand("kong health"))
    .withStartupTimeout(60_000)
    .start()
    .catch((error: unknown) => {
      throw new Error(`Kong did not start: ${error}\n${log.slice(-2_000)}`);
    });
  return {
    container: started,
    gateway: {
      version: (await runShell(started, "kong version")).trim(),
      url: pod.url,
      tlsUrl: pod.tlsUrl,
      networkUrl: pod.networkUrl,
      findDenialLine: (requestId) => waitFor(() => pickDenialLine(log, requestId)),
      stop: async () => void (await started.stop()),
    },
  };
}

/** @throws Error with the whole output of the command if the command fails. */
async function runShell(container: StartedTestContainer, command: string): Promise<string> {
  const { exitCode, output } = await container.exec(["sh", "-c", command]);
  if (exitCode !== 0) {
    throw new Error(`${command} failed: ${output}`);
  }
  return output;
}

/** Ends the plugin server in a container that starts another one. Then waits until the other one runs. */
export async function restartPluginServerIn(container: StartedTestContainer): Promise<void> {
  const find = async (): Promise<string> => (await runShell(container, PLUGIN_SERVER_PID)).trim();
  const before = await find();
  await runShell(container, `kill -KILL ${before}`);
  await waitFor(async () => {
    const pid = await find();
    return pid !== "" && pid !== before ? pid : undefined;
  });
}
