import { docker, findMissingEngine } from "../containers/docker.ts";
import { openPod, type Pod } from "../containers/pod.ts";
import type { GatewayKind } from "./gateway.ts";
import { restartPluginServerIn, startKongInPod } from "./kong-in-pod.ts";

const IMAGE = "jwt-policy-kong:0.1.0";

/** The image of deploy/Dockerfile as it is: Kong starts the plugin server in its own container, with the guard. */
export async function kongImage(): Promise<GatewayKind> {
  const missing = await findMissingEngine();
  if (missing === undefined) {
    const build = ["build", "-f", "deploy/Dockerfile", "--build-arg", "KONG_IMAGE", "--build-arg", "NODE_IMAGE"];
    await docker([...build, "-t", IMAGE, "."]);
  }
  let pod: Pod | undefined;
  return {
    label: "the image of deploy/Dockerfile",
    missing,
    async openNeighbours() {
      pod = await openPod();
      return pod;
    },
    async start({ configText, policyRoot }) {
      if (pod === undefined) {
        throw new Error("Kong's container runs beside its neighbours: open them first");
      }
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
  };
}
