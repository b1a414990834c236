import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readServerOptions } from "../../../plugin/server/settings/server-options.ts";
import { temporaryFolder } from "../../../test/temporary-folder.ts";
import { checkTypes } from "./check-types.ts";
import { kongEnvironment, values } from "./kubernetes-files.ts";

/** Where the policies are in the pod. */
const POLICIES = "/etc/jwt-policy/policies";
const CLI = join(import.meta.dirname, "../../../dist/cli/main.js");
const { deployment, lifecycle, updateStrategy, terminationGracePeriodSeconds } = values;
const [files, server] = deployment.initContainers;

const policyRoot = temporaryFolder();

/** Settings that Kong would need if it started the server itself. */
function askKongSettings(): Record<string, string> {
  const options = ["--guard", "--socket", "/run/jwt-policy/jwt-policy.socket", "--policy-root", POLICIES];
  const call = [CLI, "kong", "env", ...options, "--kong-version", "3.9.1", "--format", "json"];
  return JSON.parse(execFileSync(process.execPath, call, { encoding: "utf8" }));
}

describe("the values", () => {
  it("have only fields that Kubernetes knows, and all required fields", { timeout: 60_000 }, async () => {
    const parts = [
      ["deployment.initContainers", deployment.initContainers],
      ["deployment.userDefinedVolumes", deployment.userDefinedVolumes],
      ["deployment.userDefinedVolumeMounts", deployment.userDefinedVolumeMounts],
      ["lifecycle", lifecycle],
      ["updateStrategy", updateStrategy],
    ] as const;
    expect(await checkTypes(parts.map(([type, value]) => ({ name: "values.yaml", type, value })))).toEqual([]);
  });

  it("set what `kong-jwt-policy kong env --guard` prints, but Kong starts nothing and reads the schema from a file", () => {
    const usual = askKongSettings();
    const { KONG_PLUGINSERVER_JWT_POLICY_START_CMD: _, ...expected } = usual;
    expect(kongEnvironment).toEqual({
      ...expected,
      KONG_PLUGINSERVER_JWT_POLICY_QUERY_CMD: "/bin/cat /run/jwt-policy/dump.json",
      KONG_LUA_PACKAGE_PATH: "/run/jwt-policy/guard/?.lua;/opt/?.lua;/opt/?/init.lua;;", // The chart's own paths come after the guard's path.
    });
  });

  it("start the server with the same options as Kong", () => {
    const { KONG_PLUGINSERVER_JWT_POLICY_START_CMD: command = "" } = askKongSettings();
    const args = (server?.args ?? []).map((arg) => arg.replace(`=${POLICIES}`, `=${policyRoot}`));
    const options = readServerOptions(args);
    expect(options).toEqual({
      ...(readServerOptions(readWords(command)) as object),
      policyRoot,
      stateDir: undefined, // The volumes of a pod end with the pod, or other users can write to them.
      statusListen: { host: "0.0.0.0", port: 8008 },
      parentPid: undefined,
    });
  });

  it("mount only volumes that exist; Kong cannot write, and policies are mounted as a whole directory", () => {
    const volumes = deployment.userDefinedVolumes.map(({ name }) => name);
    const mounts = deployment.initContainers.flatMap(({ volumeMounts = [] }) => volumeMounts);
    expect([...mounts, ...deployment.userDefinedVolumeMounts].filter(({ name }) => !volumes.includes(name))).toEqual(
      [],
    );
    expect(deployment.userDefinedVolumeMounts).toEqual([
      { name: "jwt-policy", mountPath: "/run/jwt-policy", readOnly: true },
    ]);
    expect(server?.volumeMounts).toContainEqual({
      name: "jwt-policy-policies",
      mountPath: POLICIES,
      readOnly: true,
    });
  });

  it("run both containers from one image, without rights, the server as a sidecar that outlives Kong", () => {
    expect(files?.image).toBe(server?.image);
    expect(files).not.toHaveProperty("restartPolicy");
    expect(server?.restartPolicy).toBe("Always");
    for (const container of deployment.initContainers) {
      expect(container).toMatchObject({
        securityContext: {
          runAsNonRoot: true,
          runAsUser: 1000,
          readOnlyRootFilesystem: true,
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          seccompProfile: { type: "RuntimeDefault" },
        },
      });
    }
  });

  it("probe the port on which the server answers", () => {
    const ports = server?.ports?.map(({ name, containerPort }) => [name, containerPort]);
    expect(ports).toEqual([["jwt-status", 8008]]);
    const probes = [server?.startupProbe, server?.readinessProbe, server?.livenessProbe];
    expect(probes.map((probe) => probe?.httpGet)).toEqual([
      { path: "/status/live", port: "jwt-status" },
      { path: "/status/ready", port: "jwt-status" },
      { path: "/status/live", port: "jwt-status" },
    ]);
  });

  it("give Kong time to finish, and then the server more than its three seconds", () => {
    const seconds = lifecycle.preStop.exec.command.flatMap((word) =>
      Number(/^--(?:wait|timeout)=(\d+)$/.exec(word)?.[1] ?? 0),
    );
    const sum = seconds.reduce((a, b) => a + b, 0);
    expect(sum).toBe(45);
    expect(terminationGracePeriodSeconds).toBeGreaterThanOrEqual(sum + 10);
  });
});

/** The server's options in a start command, with this test's policy root. */
function readWords(command: string): string[] {
  const words = command.slice(command.indexOf(" --socket ") + 1).split(" ");
  return words.map((word) => (word === POLICIES ? policyRoot : word));
}
