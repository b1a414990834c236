import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderDump } from "../../plugin/server/settings/dump.ts";
import { EXAMPLES } from "../../sandbox/demo/examples.ts";
import { type Deployment, docker, findMissingCompose, startDeployment } from "../../test/containers/docker.ts";
import { PLUGIN_SERVER_PID } from "../../test/containers/processes.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { askStatus } from "./ask-status.ts";

const missing = await findMissingCompose();
const ALL_WELL = `all ${EXAMPLES.length} as expected`;

/** Makes the process run an endless loop, through Node's inspector. */
const HANG = `
  const [{ webSocketDebuggerUrl }] = await (await fetch("http://127.0.0.1:9229/json/list")).json();
  const socket = new WebSocket(webSocketDebuggerUrl);
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: "for (;;) {}" } }));
  setTimeout(() => process.exit(), 500);
`;

describe("deploy/compose.sidecar.yaml", () => {
  if (missing !== undefined) {
    reportMissing("comes up and passes the check", missing);
    return;
  }
  let deployment: Deployment;
  const check = (): Promise<string> => deployment.compose("run", "--rm", "check");
  const getStatus = (path: string): Promise<number> => askStatus(deployment.url + path);
  const listServers = async (): Promise<string[]> =>
    (await deployment.compose("ps", "--quiet", "plugin-server")).trim().split("\n");
  const countRestarts = async (): Promise<number> => {
    const [id = ""] = await listServers();
    return Number(await docker(["inspect", "--format", "{{.RestartCount}}", id]));
  };
  /** Waits until the container has started again and serves. Until then, no request may pass without a verdict. */
  const expectRecovery = async (restarts: number): Promise<void> => {
    const during = new Set<number>();
    await waitFor(async () => {
      const status = await getStatus("/payments");
      during.add(status);
      return (status === 401 && (await countRestarts()) > restarts) || undefined;
    }, 60_000);
    expect([...during].filter((status) => status !== 401 && status < 500)).toEqual([]);
    expect(await countRestarts()).toBe(restarts + 1);
    expect(await check()).toContain(ALL_WELL);
  };
  beforeAll(async () => {
    deployment = await startDeployment("compose.sidecar.yaml");
  });
  afterAll(() => deployment?.down());

  it("passes the check of `npm start`", async () => {
    expect(await check()).toContain(ALL_WELL);
  });

  it("has a plugin server that does not run as root and can write only to the shared directory", async () => {
    const owners = await deployment.shell("plugin-server", "stat -c %u /proc/[0-9]*");
    expect(owners.trim().split("\n")).not.toContain("0");
    await expect(deployment.shell("plugin-server", "touch /opt/jwt-policy/x /tmp/x")).rejects.toThrow("Read-only");
    await expect(deployment.shell("kong", "touch /run/jwt-policy/x")).rejects.toThrow("Read-only");
  });

  it("prints the schema for Kong", async () => {
    expect((await docker(["run", "--rm", "jwt-policy-server:0.1.0", "--dump"])).trim()).toBe(renderDump());
  });

  it("lets no request pass when the plugin server is killed, and recovers by itself", async () => {
    const restarts = await countRestarts();
    await deployment.shell("plugin-server", `kill -KILL "$(${PLUGIN_SERVER_PID})"`);
    await expectRecovery(restarts);
  });

  it("the watchdog ends a server that hangs, although the server is the only process in its container", async () => {
    const restarts = await countRestarts();
    await deployment.shell("plugin-server", `kill -USR1 "$(${PLUGIN_SERVER_PID})"`);
    await deployment.compose("exec", "-T", "plugin-server", "node", "--input-type=module", "--eval", HANG);
    await expectRecovery(restarts);
  });

  it("serves again after a restart of the sidecar, with the same socket name and a new process", async () => {
    await deployment.compose("restart", "--timeout", "20", "plugin-server");
    expect(await waitFor(async () => (await getStatus("/health")) === 200 || undefined, 60_000)).toBe(true);
    expect(await check()).toContain(ALL_WELL);
  });

  it("is replaced without a lost request: the new server starts while the old server runs, then the old server ends", async () => {
    const [before = ""] = await listServers();
    const statuses = new Map<number, number>();
    let isOver = false;
    const load = (async () => {
      while (!isOver) {
        const status = await getStatus("/payments");
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    })();
    await deployment.compose(
      "up",
      "--detach",
      "--no-deps",
      "--no-recreate",
      "--scale",
      "plugin-server=2",
      "plugin-server",
    );
    const after = (await listServers()).find((id) => id !== before) ?? "";
    const listens = await waitFor(
      async () => (await docker(["logs", after])).includes("listens on") || undefined,
      60_000,
    );
    await docker(["stop", "--time", "70", before]);
    isOver = true;
    await load;
    expect(listens).toBe(true);
    expect([...statuses.keys()]).toEqual([401]);
    expect(await check()).toContain(ALL_WELL);
  });
});
