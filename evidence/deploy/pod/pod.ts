import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { findFreePort } from "../../../test/gateways/free-port.ts";
import { waitFor } from "../../../test/gateways/gateway.ts";
import { type RunningProcess, runNode } from "../../../test/server/server-process.ts";
import { temporaryFolder } from "../../../test/temporary-folder.ts";
import { type ContainerValues, values } from "../kubernetes/kubernetes-files.ts";
import { writeConfigMap } from "./config-map.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** The image's entrypoint. */
const ENTRYPOINT = join(ROOT, "dist/jwt-policy-server.mjs");

/**
 * Runs the containers of values.yaml as processes of this machine: with the same commands and arguments, but with other
 * paths and ports.
 */
export interface Pod {
  /** The directory that the containers share, `/run/jwt-policy` in the pod. */
  readonly shared: string;
  /** Replaces the pod's paths by paths of this machine. */
  adapt(text: string): string;
  /** Writes the policies' ConfigMap as the kubelet would. */
  writePolicies(files: Readonly<Record<string, string>>): void;
  /** Runs the init container to its end. */
  writeFiles(): Promise<void>;
  /** The sidecar. */
  startServer(): RunningProcess;
  /** The result of the sidecar's probe with this name: a status, or undefined if there is no answer. */
  probe(name: "startupProbe" | "readinessProbe" | "livenessProbe"): Promise<number | undefined>;
  untilReady(): Promise<void>;
  /** The JSON of `/status`. */
  readStatus(): Promise<unknown>;
}

/** @param containers the init containers, as values.yaml or the rendered chart has them. */
export async function createPod(containers = values.deployment.initContainers): Promise<Pod> {
  const directory = temporaryFolder(onTestFinished);
  const shared = join(directory, "shared");
  const policyRoot = join(directory, "policies");
  mkdirSync(shared);
  mkdirSync(policyRoot);
  const statusPort = await findFreePort();
  const files = pick(containers, "jwt-policy-files");
  const server = pick(containers, "jwt-policy");
  const places: Readonly<Record<string, string>> = {
    "/opt/jwt-policy": ROOT,
    "/run/jwt-policy": shared,
    "/etc/jwt-policy/policies": policyRoot,
    "0.0.0.0:8008": `127.0.0.1:${statusPort}`,
  };
  const adapt = (text: string): string =>
    text.replaceAll(
      /\/opt\/jwt-policy|\/run\/jwt-policy|\/etc\/jwt-policy\/policies|0\.0\.0\.0:8008/g,
      (place) => places[place] ?? place,
    );
  const ask = (path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${statusPort}${path}`, { signal: AbortSignal.timeout(5_000) });

  const pod: Pod = {
    shared,
    adapt,
    writePolicies: (texts) => writeConfigMap(policyRoot, texts),
    async writeFiles() {
      const [program = "", ...words] = [...(files.command ?? []), ...(files.args ?? [])].map(adapt);
      const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
      await promisify(execFile)(program, words, { env: { PATH: path }, timeout: 60_000 });
    },
    startServer: () => runNode([ENTRYPOINT, ...(server.args ?? []).map(adapt)]),
    async probe(name) {
      const response = await ask(server[name]?.httpGet.path ?? "").catch(() => undefined);
      await response?.body?.cancel();
      return response?.status;
    },
    async untilReady() {
      const isReady = await waitFor(async () => (await pod.probe("readinessProbe")) === 200 || undefined, 30_000);
      if (isReady === undefined) {
        throw new Error(`the plugin server did not become ready: ${JSON.stringify(await pod.readStatus())}`);
      }
    },
    readStatus: async () => (await ask("/status")).json(),
  };
  return pod;
}

function pick(containers: readonly ContainerValues[], name: string): ContainerValues {
  const container = containers.find((candidate) => candidate.name === name);
  if (container === undefined) {
    throw new Error(`there is no container ${name}`);
  }
  return container;
}
