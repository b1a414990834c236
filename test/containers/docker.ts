import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { findFreePort } from "../gateways/free-port.ts";
import { findMissingImages, KONG_IMAGE, NODE_IMAGE } from "./images.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

/** This time is longer than a first build takes on a small machine, with the download of packages. */
const BUILD_TIMEOUT_MS = 1_100_000;

/**
 * Runs docker at the top of the repository.
 *
 * @returns the standard output of docker.
 * @throws Error with all output.
 */
export async function docker(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const { stdout } = await run("docker", args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: "1", ...environment },
    timeout: BUILD_TIMEOUT_MS,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error) => {
    throw new Error(`docker ${args.join(" ")} failed:\n${error.stdout}\n${error.stderr}`.slice(-6_000));
  });
  return stdout;
}

/** Why no image of deploy/ can be built on this machine; undefined if images can be built. */
export async function findMissingEngine(): Promise<string | undefined> {
  return (await succeeds("version"))
    ? findMissingImages([KONG_IMAGE, NODE_IMAGE])
    : "no container engine answers to `docker version`";
}

/** Why no compose file of deploy/ can run on this machine; undefined if compose files can run. */
export async function findMissingCompose(): Promise<string | undefined> {
  const missing = await findMissingEngine();
  return missing ?? ((await succeeds("compose", "version")) ? undefined : "no `docker compose`");
}

const succeeds = (...args: string[]): Promise<boolean> =>
  docker(args).then(
    () => true,
    () => false,
  );

/** A compose file of deploy/. It has a project name of its own, so that it does not affect other projects. */
export interface Deployment {
  /** The address of the project's gateway. The gateway has a certificate that Kong made for itself. */
  readonly url: string;
  /** `docker compose -f deploy/<file> …` */
  compose(...args: string[]): Promise<string>;
  /** Runs a shell command in a running service. */
  shell(service: string, command: string): Promise<string>;
  down(): Promise<void>;
}

/** Builds and starts the project as the file says, and returns when all services are healthy. */
export async function startDeployment(file: string): Promise<Deployment> {
  const [port, tlsPort] = [await findFreePort(), await findFreePort()];
  const ports = { PROXY_PORT: String(port), PROXY_TLS_PORT: String(tlsPort) };
  const project = ["compose", "-p", `jwt-policy-test-${process.pid}`, "-f", `deploy/${file}`];
  const compose = (...args: string[]): Promise<string> => docker([...project, ...args], ports);
  const down = async (): Promise<void> => void (await compose("down", "--volumes", "--timeout", "20"));
  try {
    await compose("up", "--build", "--wait");
  } catch (error) {
    const logs = await compose("logs", "--tail", "40").catch(() => "");
    await down();
    throw new Error(`${error}\n${logs}`);
  }
  return {
    url: `https://127.0.0.1:${tlsPort}`,
    compose,
    shell: (service, command) => compose("exec", "-T", service, "sh", "-c", command),
    down,
  };
}
