import { join } from "node:path";
import { rolldown } from "rolldown";
import {
  GenericContainer,
  getContainerRuntimeClient,
  Network,
  RandomUuid,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import { findFreePort } from "../gateways/free-port.ts";
import type { Neighbour, NeighbourName, Neighbours } from "../gateways/neighbours.ts";
import { NODE_IMAGE } from "./images.ts";
import { CONTROL_PORT, KONG_PORTS, type Question, READY, RELAY_PORTS } from "./pod-ports.ts";

const PROGRAM = join(import.meta.dirname, "neighbours-program.ts");

/**
 * Containers that share one network, as in a pod of Kubernetes. Policies accept plain HTTP only on the loopback
 * address, both from clients and from a provider. The first container runs the neighbours. Kong and the plugin server
 * join its network. Only published ports and copied files connect the containers to this machine, so Docker may run in
 * a virtual machine.
 */
export interface Pod extends Neighbours {
  /** A volume for the plugin server's socket. */
  readonly volume: string;
  /** With this URL, Kong sees clients from the loopback address. */
  readonly url: string;
  readonly tlsUrl: string;
  /** With this URL, Kong sees clients from the network. */
  readonly networkUrl: string;
  /** A container that shares the network of the pod. */
  createContainer(image: string): GenericContainer;
}

export async function openPod(): Promise<Pod> {
  const providerPort = await findFreePort();
  const program = await bundleProgram();
  const network = await new Network().start();
  const container = await new GenericContainer(NODE_IMAGE)
    .withNetwork(network)
    .withCopyContentToContainer([{ content: program, target: "/neighbours.mjs" }])
    .withCommand(["node", "/neighbours.mjs", String(providerPort)])
    // The provider's tokens contain its address, so its port must be the same on both sides.
    .withExposedPorts({ container: providerPort, host: providerPort })
    .withExposedPorts(...Object.values(KONG_PORTS), ...Object.values(RELAY_PORTS), CONTROL_PORT)
    .withWaitStrategy(Wait.forLogMessage(READY))
    .start()
    .catch(async (error: unknown) => {
      await network.stop();
      throw error;
    });
  const volume = await createVolume(container);
  const origin = (scheme: string, port: number): string => `${scheme}://127.0.0.1:${container.getMappedPort(port)}`;
  const control = origin("http", CONTROL_PORT);
  return {
    volume: volume.name,
    url: origin("http", RELAY_PORTS.plain),
    tlsUrl: origin("https", RELAY_PORTS.tls),
    networkUrl: origin("http", KONG_PORTS.plain),
    createContainer: (image) => new GenericContainer(image).withNetworkMode(`container:${container.getId()}`),
    start: (name) => startNeighbour(control, name),
    async stop() {
      await container.stop();
      await volume.remove();
      await network.stop();
    },
  };
}

/** The program is one file, so that the container needs no packages. */
async function bundleProgram(): Promise<string> {
  const build = await rolldown({ input: PROGRAM, platform: "node", logLevel: "silent" });
  const { output } = await build.generate({ codeSplitting: false });
  return output[0].code;
}

/**
 * The volume has the labels of the container. If the tests are interrupted, Testcontainers finds the volume by these
 * labels.
 */
async function createVolume(container: StartedTestContainer) {
  const { dockerode } = (await getContainerRuntimeClient()).container;
  const { Config } = await dockerode.getContainer(container.getId()).inspect();
  const name = `jwt-policy-${new RandomUuid().nextUuid()}`;
  await dockerode.createVolume({ Name: name, Labels: Config.Labels });
  return { name, remove: () => dockerode.getVolume(name).remove() };
}

/** Every function of the result asks the server in the container. */
async function startNeighbour<Name extends NeighbourName>(control: string, name: Name): Promise<Neighbour<Name>> {
  const { number, members } = (await ask(control, { start: name })) as { number: number; members: object };
  return new Proxy(members, {
    get: (target, member) =>
      // `await` looks for a member `then`, and no server has this member.
      typeof member === "symbol" || member === "then" || member in target
        ? Reflect.get(target, member)
        : (...args: readonly unknown[]) => ask(control, { number, method: member, args }),
  }) as Neighbour<Name>;
}

async function ask(control: string, question: Question): Promise<unknown> {
  // The server may close an idle connection at the moment of a question, so each question has a connection of its own.
  const headers = { connection: "close" };
  const response = await fetch(control, { method: "POST", headers, body: JSON.stringify(question) });
  const answer = (await response.json()) as { value?: unknown; error?: string };
  if (answer.error !== undefined) {
    throw new Error(`${JSON.stringify(question)}: ${answer.error}`);
  }
  return answer.value;
}
