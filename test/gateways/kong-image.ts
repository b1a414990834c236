import { chmod, cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer, Wait } from "testcontainers";
import { docker, findMissingEngine } from "../containers/docker.ts";
import { PLUGIN_SERVER_PID } from "../containers/processes.ts";
import { findFreePorts } from "./free-port.ts";
import { type GatewayKind, pickDenialLine, waitFor } from "./gateway.ts";
import { quietKongEnvironment } from "./kong-environment.ts";

const IMAGE = "jwt-policy-kong:0.1.0";
const CONFIG = "/etc/jwt-policy/kong.yml";

/** The image of deploy/Dockerfile as it is: Kong starts the plugin server in its own container, with the guard. */
export async function kongImage(): Promise<GatewayKind> {
  const missing = await findMissingEngine();
  if (missing === undefined) {
    const build = ["build", "-f", "deploy/Dockerfile", "--build-arg", "KONG_IMAGE", "--build-arg", "NODE_IMAGE"];
    await docker([...build, "-t", IMAGE, "."]);
  }
  return {
    label: "the image of deploy/Dockerfile",
    missing,
    async start({ configText, policyRoot }) {
      const directory = await mkdtemp(join(tmpdir(), "kong-image-"));
      const policies = join(directory, "policies");
      await cp(policyRoot, policies, { recursive: true });
      await writeFile(join(directory, "kong.yml"), configText);
      await chmod(policies, 0o755); // The image's user is not this one.
      const [port, tlsPort] = await findFreePorts();
      let log = "";
      const container = await new GenericContainer(IMAGE)
        .withNetworkMode("host")
        .withBindMounts([
          { source: policies, target: "/etc/jwt-policy/policies", mode: "ro" },
          { source: join(directory, "kong.yml"), target: CONFIG, mode: "ro" },
        ])
        .withEnvironment(quietKongEnvironment(CONFIG, port, tlsPort))
        .withLogConsumer((stream) =>
          stream.on("data", (text) => {
            log += text;
          }),
        )
        .withWaitStrategy(Wait.forSuccessfulCommand("kong health"))
        .withStartupTimeout(60_000)
        .start();
      const shell = async (command: string): Promise<string> =>
        (await container.exec(["sh", "-c", command])).output.trim();
      return {
        name: `Kong ${await shell("kong version")} (image of deploy/Dockerfile, with the guard)`,
        version: await shell("kong version"),
        url: `http://127.0.0.1:${port}`,
        tlsUrl: `https://127.0.0.1:${tlsPort}`,
        findDenialLine: (requestId) => waitFor(() => pickDenialLine(log, requestId), 5_000),
        async restartPluginServer() {
          const before = await shell(PLUGIN_SERVER_PID);
          await shell(`kill -KILL ${before}`);
          await waitFor(async () => {
            const pid = await shell(PLUGIN_SERVER_PID);
            return pid !== "" && pid !== before ? pid : undefined;
          }, 10_000);
        },
        async stop() {
          await container.stop();
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
  };
}
