import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXAMPLES } from "../../sandbox/demo/examples.ts";
import { type Deployment, docker, findMissingCompose, startDeployment } from "../../test/containers/docker.ts";
import { PLUGIN_SERVER_PID } from "../../test/containers/processes.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { askStatus } from "./ask-status.ts";

const missing = await findMissingCompose();
const ALL_WELL = `all ${EXAMPLES.length} as expected`;
const HEALTH = ["node", "/opt/jwt-policy/healthcheck.mjs", "127.0.0.1:8008", "kong"];

describe("deploy/compose.yaml", () => {
  if (missing !== undefined) {
    reportMissing("comes up and passes the check", missing);
    return;
  }
  let deployment: Deployment;
  const check = (): Promise<string> => deployment.compose("run", "--rm", "check");
  const getStatus = (path: string): Promise<number> => askStatus(deployment.url + path);
  const findServer = async (): Promise<string> => (await deployment.shell("kong", PLUGIN_SERVER_PID)).trim();
  beforeAll(async () => {
    deployment = await startDeployment("compose.yaml");
  });
  afterAll(() => deployment?.down());

  it("passes the check of `npm start`", async () => {
    expect(await check()).toContain(ALL_WELL);
  });

  it("judges requests from outside: 200 with a printed token of the provider, 401 without a token", async () => {
    const lines = await deployment.compose("run", "--rm", "check", "--curl", "--gateway", deployment.url);
    const [, token] = /^READER=(\S+)$/m.exec(lines) ?? [];
    expect(lines).toContain(`curl -i -k -H "Authorization: Bearer $READER" ${deployment.url}/payments`);
    expect(await askStatus(`${deployment.url}/payments`, { authorization: `Bearer ${token}` })).toBe(200);
    expect(await getStatus("/payments")).toBe(401);
  });

  it("runs no process as root", async () => {
    const owners = await deployment.shell("kong", "stat -c %u /proc/[0-9]*");
    expect(owners.trim().split("\n")).not.toContain("0");
  });

  it("has the newest settings in Kong's own configuration file, including the guard", async () => {
    const settings = await deployment.shell("kong", "cat /etc/kong/kong.conf");
    expect(settings).toContain("plugins = bundled,jwt-policy,jwt-policy-guard\n");
    expect(settings).toContain("--policy-root /etc/jwt-policy/policies");
  });

  it("is unhealthy while the plugin server is stopped, although Kong itself is healthy, and is healthy again afterwards", async () => {
    await deployment.shell("kong", `kill -STOP "$(${PLUGIN_SERVER_PID})"`);
    await expect(deployment.compose("exec", "-T", "kong", ...HEALTH)).rejects.toThrow(
      /8008\/status\/ready does not answer[\s\S]*8007\/status\/ready answers 200/,
    );
    await deployment.shell("kong", `kill -CONT "$(${PLUGIN_SERVER_PID})"`);
    expect(await deployment.compose("exec", "-T", "kong", ...HEALTH)).toMatch(/8008.*200[\s\S]*8007.*200/);
  });

  it("lets no request pass when the plugin server is killed, and recovers by itself", async () => {
    const before = await findServer();
    await deployment.shell("kong", `kill -KILL ${before}`);
    const during = new Set<number>();
    await waitFor(async () => {
      const status = await getStatus("/payments");
      during.add(status);
      return status === 401 || undefined;
    }, 30_000);
    expect([...during].filter((status) => status !== 401 && status < 500)).toEqual([]);
    expect(await findServer()).not.toBe(before);
    expect(await check()).toContain(ALL_WELL);
  });

  it("continues to serve after `kong reload`", async () => {
    await deployment.compose("exec", "-T", "kong", "kong", "reload");
    expect(await waitFor(async () => (await getStatus("/health")) === 200 || undefined, 30_000)).toBe(true);
    expect(await check()).toContain(ALL_WELL);
  });
});

describe("the image of Kong with jwt-policy", () => {
  if (missing !== undefined) {
    reportMissing("has the command and passes on a CA bundle", missing);
    return;
  }
  const IMAGE = "jwt-policy-kong:0.1.0";

  it("contains the command, which checks mounted policies", async () => {
    const mount = `${import.meta.dirname}/../../policies:/policies:ro`;
    const output = await docker([
      "run",
      "--rm",
      "-v",
      mount,
      IMAGE,
      "kong-jwt-policy",
      "validate",
      "/policies/payments.yaml",
    ]);
    expect(output).toContain('ok /policies/payments.yaml: policy "payments"');
  });

  it("passes the container's CA bundle on to the plugin server, which Kong by itself does not", async () => {
    const variables = ["KONG_DATABASE=off", "NODE_EXTRA_CA_CERTS=/etc/ssl/own.pem"].flatMap((text) => ["-e", text]);
    const id = (await docker(["run", "--detach", "--rm", ...variables, IMAGE])).trim();
    try {
      const read = ["exec", id, "sh", "-c", `tr '\\0' '\\n' < "/proc/$(${PLUGIN_SERVER_PID})/environ"`];
      const environment = await waitFor(() => docker(read).catch(() => undefined), 60_000);
      expect(environment?.split("\n")).toContain("NODE_EXTRA_CA_CERTS=/etc/ssl/own.pem");
    } finally {
      await docker(["stop", id]);
    }
  });
});
