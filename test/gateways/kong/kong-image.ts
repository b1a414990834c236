import { docker, findMissingEngine } from "../../containers/docker.ts";
import { inPod, restartPluginServerIn, startKongInPod } from "../../containers/kong-in-pod.ts";
import type { GatewayKind } from "../gateway.ts";

const IMAGE = "jwt-policy-kong:0.1.0";

/** The unchanged image of deploy/Dockerfile: Kong starts the plugin server in its own container, with the guard. */
export async function kongImage(): Promise<GatewayKind> {
  const missing = await findMissingEngine();
  if (missing === undefined) {
    const build = ["build", "-f", "deploy/Dockerfile", "--build-arg", "KONG_IMAGE", "--build-arg", "NODE_IMAGE"];
    await docker([...build, "-t", IMAGE, "."]);
  }
  return inPod({
    label: "the image of deploy/Dockerfile",
    missing,
    async start(pod, { configText, policyRoot }) {
      const image = pod
        .createContainer(IMAGE)
        .withCopyDirectoriesToContainer([{ source: policyRoot, target: "/etc/jwt-policy/policies" }]);
      const { container, gateway } = await startKongInPod(pod, image, configText);
      return {
        ...gateway,
        name: `Kong ${gateway.version} (image of deploy/Dockerfile, with the guard)`,
        restartPluginServer: () => restartPluginServerIn(container),
      };
    },
  });
}
