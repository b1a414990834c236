import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findProcesses, startsOurs } from "../../test/gateways/find-process.ts";
import { waitFor } from "../../test/gateways/gateway.ts";
import { type KongBinary, kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { waitUntilServing } from "../faults/world/scene.ts";
import { startUpstream, type Upstream } from "../faults/world/upstream.ts";
import { createWorld, usualJudge, type World } from "../faults/world/world.ts";

const SOON_MS = 30_000;
const HOOK_MS = 90_000;
const { missing } = kongBinary();

if (missing !== undefined) {
  reportMissing("the life of the server that Kong's launcher starts", missing);
}

describe.skipIf(missing !== undefined)("on a Kong, the server that its launcher starts", { timeout: 120_000 }, () => {
  let upstream: Upstream;
  let world: World;
  let kong: KongBinary;
  beforeEach(async () => {
    upstream = await startUpstream();
    world = await createWorld(upstream.url);
    kong = await kongBinary().start({ configText: world.configText(usualJudge), policyRoot: world.policyRoot });
    expect(await waitUntilServing(kong, world, SOON_MS)).toBe(true);
  }, HOOK_MS);
  afterEach(async () => {
    await kong?.stop();
    await upstream?.stop();
    await world?.remove();
  }, HOOK_MS);

  const findLauncher = async (): Promise<number | undefined> =>
    (await findProcesses(startsOurs("jwt-policy-launcher.mjs", kong.socket)))[0]?.pid;
  const findServers = async (): Promise<number[]> =>
    (await findProcesses(startsOurs("jwt-policy-server.mjs", kong.socket))).map(({ pid }) => pid);
  const masterPid = (): number => Number(readFileSync(join(kong.prefix, "pids/nginx.pid"), "utf8"));
  const change = <T>(ask: () => Promise<T | undefined>, before: T): Promise<T | undefined> =>
    waitFor(async () => {
      const now = await ask();
      return now === before ? undefined : now;
    }, SOON_MS);
  const areGone = (): Promise<true | undefined> =>
    waitFor(
      async () =>
        (await findServers()).length + ((await findLauncher()) === undefined ? 0 : 1) === 0 ? true : undefined,
      SOON_MS,
    );

  it.each<[what: string, act: () => Promise<void>]>([
    ["kong reload", async () => kong.kong?.reload()],
    ["the end of worker 0", async () => kong.kong?.killWorkerZero()],
    ["the end of its launcher", async () => void process.kill((await findLauncher()) ?? Number.NaN, "SIGKILL")],
  ])("outlives %s, and the next launcher keeps it", async (_what, act) => {
    const [server] = await findServers();
    const launcher = await findLauncher();
    await act();
    expect(await change(findLauncher, launcher)).toBeDefined();
    expect(await waitUntilServing(kong, world, SOON_MS)).toBe(true);
    expect(await findServers()).toEqual([server]);
  });

  it.each<NodeJS.Signals>(["SIGKILL", "SIGSTOP"])(
    "is started again after %s, and Kong's log says at its default level that it ended",
    async (signal) => {
      const [server = Number.NaN] = await findServers();
      process.kill(server, signal);
      expect(await change(async () => (await findServers())[0], server)).toBeDefined();
      expect(await waitUntilServing(kong, world, SOON_MS)).toBe(true);
      expect(await findServers()).not.toContain(server);
      expect(await kong.readErrorLog()).toMatch(/\[notice\].*external pluginserver 'jwt-policy' terminated: exit 1/);
    },
  );

  it("ends with kong stop", async () => {
    await kong.stop();
    expect(await areGone()).toBe(true);
  });

  it("ends when Kong's master and its workers are killed", async () => {
    const master = masterPid();
    const workers = (await findProcesses((words) => words[0]?.startsWith("nginx: worker process") === true)).filter(
      ({ parentPid }) => parentPid === master,
    );
    for (const pid of [master, ...workers.map((worker) => worker.pid)]) {
      process.kill(pid, "SIGKILL");
    }
    expect(await areGone()).toBe(true);
  });
});
