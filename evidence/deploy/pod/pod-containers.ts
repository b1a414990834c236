import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";
import { findFreePort } from "../../../test/gateways/free-port.ts";
import { kongEnvironment, values } from "../kubernetes/kubernetes-files.ts";
import { writeConfigMap } from "./config-map.ts";

const run = promisify(execFile);
const KONG_IMAGE = process.env.KONG_IMAGE;
const SERVER_IMAGE = process.env.JWT_POLICY_SERVER_IMAGE;
const [files, server] = values.deployment.initContainers;

/** The security context of values.yaml and of the chart, in Docker's terms. */
const CONFINED = [
  ...["--user", "1000:1000", "--read-only", "--cap-drop", "ALL"],
  ...["--security-opt", "no-new-privileges"],
];

/** Runs the pod's containers in one network, with the mounts from the values. */
export interface PodContainers {
  readonly url: string;
  readonly statusUrl: string;
  /** Kong's output on standard error. */
  readKongLog(): Promise<string>;
  writePolicies(texts: Readonly<Record<string, string>>): void;
  /**
   * Runs Kong's `preStop` without its wait. Then sends the sidecar the signal to end, as the kubelet does. @returns
   * both exit codes.
   */
  end(): Promise<{ readonly kong: number; readonly server: number }>;
}

/** Why the containers cannot run on this machine; undefined if they can. */
export async function findMissingImages(): Promise<string | undefined> {
  if (KONG_IMAGE === undefined || SERVER_IMAGE === undefined) {
    return "KONG_IMAGE and JWT_POLICY_SERVER_IMAGE must name images";
  }
  return run("docker", ["version"], { timeout: 20_000 }).then(
    () => undefined,
    () => "no container engine answers",
  );
}

export async function startPodContainers(
  policies: Readonly<Record<string, string>>,
  kongYml: string,
): Promise<PodContainers> {
  const directory = await mkdtemp(join(tmpdir(), "pod-"));
  const volume = (name: string): string => join(directory, name);
  for (const name of ["shared", "policies", "prefix", "tmp", "dbless"]) {
    await mkdir(volume(name));
    await chmod(volume(name), 0o777); // The kubelet gives an emptyDir the same mode.
  }
  await chmod(directory, 0o755);
  await writeFile(join(volume("dbless"), "kong.yml"), kongYml);
  writeConfigMap(volume("policies"), policies);
  const [port, statusPort] = [await findFreePort(), await findFreePort()];
  const [kong, sidecar] = [`pod-kong-${port}`, `pod-jwt-policy-${port}`];
  onTestFinished(async () => {
    await docker("rm", "--force", "--volumes", kong, sidecar).catch(() => undefined); // A container may not have been started.
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  const shared = `${volume("shared")}:/run/jwt-policy`;
  const [program = "", ...words] = files?.command ?? [];
  await docker("run", "--rm", ...CONFINED, "--volume", shared, "--entrypoint", program, SERVER_IMAGE ?? "", ...words);
  await docker(
    ...["run", "--detach", "--name", sidecar, ...CONFINED],
    ...["--publish", `127.0.0.1:${port}:8000`, "--publish", `127.0.0.1:${statusPort}:8008`],
    ...["--volume", shared, "--volume", `${volume("policies")}:/etc/jwt-policy/policies:ro`],
    ...[SERVER_IMAGE ?? "", ...(server?.args ?? [])],
  );
  const environment = {
    ...kongEnvironment,
    KONG_DATABASE: "off",
    KONG_DECLARATIVE_CONFIG: "/kong_dbless/kong.yml",
    KONG_PREFIX: "/kong_prefix/",
    KONG_PROXY_LISTEN: "0.0.0.0:8000",
    KONG_TRUSTED_IPS: "0.0.0.0/0", // The requests come from the machine that the container runs on.
    KONG_STATUS_LISTEN: "0.0.0.0:8100",
    KONG_ADMIN_LISTEN: "off",
    KONG_PROXY_ACCESS_LOG: "/dev/stdout",
    KONG_PROXY_ERROR_LOG: "/dev/stderr",
    KONG_STATUS_ERROR_LOG: "/dev/stderr",
    KONG_NGINX_DAEMON: "off",
    KONG_NGINX_WORKER_PROCESSES: "1",
    KONG_ANONYMOUS_REPORTS: "off",
  };
  await docker(
    ...["run", "--detach", "--name", kong, ...CONFINED, "--network", `container:${sidecar}`],
    ...Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...["--volume", `${shared}:ro`, "--volume", `${volume("dbless")}:/kong_dbless:ro`],
    ...["--volume", `${volume("prefix")}:/kong_prefix`, "--volume", `${volume("tmp")}:/tmp`],
    ...[KONG_IMAGE ?? "", "kong", "docker-start"],
  );
  return {
    url: `http://127.0.0.1:${port}`,
    statusUrl: `http://127.0.0.1:${statusPort}`,
    readKongLog: async () => (await run("docker", ["logs", kong], { timeout: 20_000 })).stderr,
    writePolicies: (texts) => writeConfigMap(volume("policies"), texts),
    async end() {
      const [command = "", ...options] = values.lifecycle.preStop.exec.command;
      // The command ends its own container, so the command may be cut off.
      await docker("exec", kong, command, ...options.filter((word) => !word.startsWith("--wait"))).catch(
        () => undefined,
      );
      const kongCode = Number(await docker("wait", kong));
      await docker("kill", "--signal", "SIGTERM", sidecar);
      return { kong: kongCode, server: Number(await docker("wait", sidecar)) };
    },
  };
}

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("docker", args, { timeout: 120_000 });
  return stdout.trim();
}
