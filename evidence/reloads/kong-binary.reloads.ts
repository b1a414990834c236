import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProcesses, startsOurs } from "../../test/gateways/find-process.ts";
import { type KongSettings, START_CMD, waitFor } from "../../test/gateways/gateway.ts";
import { type KongBinary, kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { type ServiceManager, startServiceManager } from "../../test/server/process/service-manager.ts";
import { waitUntilServing } from "../faults/world/scene.ts";
import { startUpstream, type Upstream } from "../faults/world/upstream.ts";
import { createWorld, usualJudge, type World } from "../faults/world/world.ts";
import { startBusyLoops } from "./busy-loops.ts";
import { startKeepAliveLoad, type Tally } from "./keep-alive-load.ts";

/** How often the test repeats each event. `RELOADS=10` makes a short run. */
const TIMES = Number(process.env.RELOADS ?? 100);
const CLIENTS = 32;
const SERVED_BETWEEN = 500;
const WORKERS = 2;
/**
 * The test interrupts a start of the service at each of these moments after the beginning of the start. On a busy
 * machine, a start takes a second.
 */
const MOMENTS = 25;
const MOMENT_MS = 60;
const SLOW = 60 * 60_000;
/**
 * Each row runs twice: on a machine without other work, and on a machine with busy processors. `BUSY=0` selects only
 * the first run, and `BUSY=1` selects only the second run.
 */
const MACHINES = [false, true].filter(
  (isBusy) => process.env.BUSY === undefined || (process.env.BUSY === "1") === isBusy,
);

const { missing } = kongBinary();

describe.skipIf(missing !== undefined)("32 keep-alive clients lose no valid request", { timeout: SLOW }, () => {
  let upstream: Upstream;
  let world: World;
  beforeAll(async () => {
    upstream = await startUpstream();
    world = await createWorld(upstream.url);
  });
  afterAll(async () => {
    await upstream?.stop();
    await world?.remove();
  });

  const startKong = (adapt: (settings: KongSettings) => KongSettings): Promise<KongBinary> =>
    kongBinary({
      adapt: (settings) => adapt({ ...settings, KONG_NGINX_WORKER_PROCESSES: String(WORKERS) }),
    }).start({ configText: world.configText(usualJudge), policyRoot: world.policyRoot });

  /** Does something again and again under load, and prints what clients saw. */
  const tryOften = async (title: string, isBusy: boolean, kong: KongBinary, act: (round: number) => Promise<void>) => {
    expect(await waitUntilServing(kong, world, 30_000)).toBe(true);
    const stopLoops = startBusyLoops(isBusy ? availableParallelism() : 0);
    const load = startKeepAliveLoad(kong.url, world, upstream, CLIENTS);
    const startMs = performance.now();
    try {
      for (let round = 0; round < TIMES; round += 1) {
        await act(round);
        // The test then waits until clients were served for some time, as between two real restarts.
        const before = load.tally.valid;
        await waitFor(() => (load.tally.valid - before > SERVED_BETWEEN ? true : undefined), 60_000);
      }
    } finally {
      await load.stop();
      stopLoops();
    }
    report(title, isBusy, load.tally, performance.now() - startMs);
    expect(load.tally.lost).toEqual({});
    expect(load.tally.valid).toBeGreaterThan(TIMES);
  };

  for (const isBusy of MACHINES) {
    const machine = isBusy ? "a busy machine" : "a quiet machine";

    it(`through kong reload, where Kong starts the server, on ${machine}`, async () => {
      const kong = await startKong((settings) => settings);
      try {
        await tryOften("kong reload, server started by Kong", isBusy, kong, () => reload(kong));
      } finally {
        await kong.stop();
      }
    });

    it(`through kong reload with other options of the server, as in an upgrade, on ${machine}`, async () => {
      const kong = await startKong((settings) => settings);
      const start = kong.settings[START_CMD] ?? "";
      try {
        await tryOften("kong reload with changed options", isBusy, kong, async (round) => {
          const before = await kong.pluginServerPid();
          await reload(kong, { [START_CMD]: `${start} --policy-poll ${900 + round}` });
          await waitFor(async () => ((await kong.pluginServerPid()) === before ? undefined : true), 30_000);
        });
      } finally {
        await kong.stop();
      }
    });

    it(`through kong reload and restarts of the server, where a service manager starts it, on ${machine}`, async () => {
      const directory = mkdtempSync(join(tmpdir(), "service-"));
      const socket = join(directory, "jwt-policy.socket");
      const starting: Promise<ServiceManager>[] = [];
      const kong = await startKong((settings) => {
        const { [START_CMD]: start = "", ...others } = settings;
        const words = start
          .replace(" --parent $PPID", "")
          .replace(settings.KONG_PLUGINSERVER_JWT_POLICY_SOCKET ?? "", socket)
          .split(" ");
        starting.push(startServiceManager(socket, words));
        return { ...others, KONG_PLUGINSERVER_JWT_POLICY_SOCKET: socket };
      });
      const [service] = await Promise.all(starting);
      try {
        await tryOften("kong reload, server as a service", isBusy, kong, () => reload(kong));
        await tryOften("restart of the service", isBusy, kong, () => restart(service, socket));
        await tryOften("restart of the service during its restart", isBusy, kong, async (round) => {
          await endLauncher(socket);
          await sleep((round % MOMENTS) * MOMENT_MS);
          await restart(service, socket);
        });
      } finally {
        await kong.stop();
        await service?.stop();
        rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
      }
    });
  }
});

/** Reloads Kong and waits for its new workers. If signals come faster, nginx treats several of them as one. */
async function reload(kong: KongBinary, changed: KongSettings = {}): Promise<void> {
  const countGenerations = async (): Promise<number> =>
    (await kong.readErrorLog()).split("start worker processes").length;
  const before = await countGenerations();
  await kong.reloadWith(changed);
  await waitFor(async () => ((await countGenerations()) > before ? true : undefined), 60_000);
}

const countStarts = (service: ServiceManager | undefined): number =>
  (service?.output().split(" listens on ").length ?? 1) - 1;

/** Restarts the service and waits until its new server listens. */
async function restart(service: ServiceManager | undefined, socket: string): Promise<void> {
  const before = countStarts(service);
  await endLauncher(socket);
  await waitFor(() => (countStarts(service) > before ? true : undefined), 30_000);
}

/** Ends the service's main process. The service manager starts the service again. */
async function endLauncher(socket: string): Promise<void> {
  const launchers = await waitFor(async () => {
    const found = await findProcesses(startsOurs("jwt-policy-launcher.mjs", socket));
    return found.length > 0 ? found : undefined;
  }, 30_000);
  process.kill(launchers?.[0]?.pid ?? Number.NaN, "SIGTERM");
}

if (missing !== undefined) {
  reportMissing("counts requests through reloads", missing);
}

function report(title: string, isBusy: boolean, { valid, sentAgain, lost, longestWait }: Tally, ms: number): void {
  const count = Object.values(lost).reduce((sum, times) => sum + times, 0);
  const kinds = count === 0 ? "" : ` ${JSON.stringify(lost)}`;
  process.stdout.write(
    `${title}, ${isBusy ? "busy" : "quiet"} machine: ${TIMES} times in ${Math.round(ms / 1000)} s, ${valid} valid requests, ${count} lost${kinds}, ${sentAgain} sent again, longest wait ${longestWait} ms\n`,
  );
}
