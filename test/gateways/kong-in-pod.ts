import { type GenericContainer, type StartedTestContainer, Wait } from "testcontainers";
import type { Pod } from "../containers/pod.ts";
import { KONG_PORTS } from "../containers/pod-ports.ts";
import { PLUGIN_SERVER_PID } from "../containers/processes.ts";
import { type Gateway, type KongSettings, pickDenialLine, waitFor } from "./gateway.ts";
import { quietKongEnvironment } from "./kong-environment.ts";

const CONFIG = "/etc/jwt-policy/kong.yml";

interface KongInPod {
  readonly container: StartedTestContainer;
  readonly gateway: Omit<Gateway, "name" | "restartPluginServer">;
}

/**
 * Starts Kong, DB-less, in the network of a pod.
 *
 * @param container with everything but the configuration of Kong.
 * @throws Error with Kong's log when it does not start.
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
      findDenialLine: (requestId) => waitFor(() => pickDenialLine(log, requestId), 5_000),
      stop: async () => void (await started.stop()),
    },
  };
}

/** @throws Error with everything that the command wrote when it fails. */
export async function runShell(container: StartedTestContainer, command: string): Promise<string> {
  const { exitCode, output } = await container.exec(["sh", "-c", command]);
  if (exitCode !== 0) {
    throw new Error(`${command} failed: ${output}`);
  }
  return output;
}

/** Ends the plugin server in a container that starts another one, and waits until there is one. */
export async function restartPluginServerIn(container: StartedTestContainer): Promise<void> {
  const find = async (): Promise<string> => (await runShell(container, PLUGIN_SERVER_PID)).trim();
  const before = await find();
  await runShell(container, `kill -KILL ${before}`);
  await waitFor(async () => {
    const pid = await find();
    return pid !== "" && pid !== before ? pid : undefined;
  }, 10_000);
}
