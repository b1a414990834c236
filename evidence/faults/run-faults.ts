import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFreePort } from "../../test/gateways/free-port.ts";
import {
  type AdaptSettings,
  type FaultyGateway,
  type FaultyGatewayKind,
  type KongSettings,
  keepSettings,
  START_CMD,
  waitFor,
} from "../../test/gateways/gateway.ts";
import { reportMissing } from "../../test/gateways/kong/report-missing.ts";
import { FAULTS, type Fault, LOSING } from "./faults.ts";
import { type Assessment, assess, isServedAgain } from "./results/assess.ts";
import { createJudging } from "./world/judging.ts";
import { RAMP_MS, startLoad } from "./world/load.ts";
import { type Scene, waitForPolicy, waitUntilServing, writeInnerFault } from "./world/scene.ts";
import { startUpstream, type Upstream } from "./world/upstream.ts";
import { createWorld, usualJudge, type World } from "./world/world.ts";

export interface FaultsRun {
  /** The kind of gateway, with its settings changed by `adapt`. */
  readonly createKind: (adapt: AdaptSettings) => FaultyGatewayKind | Promise<FaultyGatewayKind>;
  readonly workers: number;
  /** Kong's `lua_socket_read_timeout`. */
  readonly readTimeoutSeconds: number;
  /** The number of times that a repeated fault happens; 20 by default. */
  readonly rounds?: number;
  /** The ids of faults that take more time than the test has. */
  readonly leaveOut?: readonly string[];
  /**
   * Ids of faults in which this plugin server may lose valid requests. Our own server must not lose any valid request.
   */
  readonly mayLose?: readonly string[];
  /** Whether the plugin server is the server of kong-pdk. */
  readonly isStock?: boolean;
}

const START_TIMEOUT_MS = 120_000;
/** The timeout is long: if a fault exceeds it, the fault continues in the background and spoils the next rows. */
const FAULT_TIMEOUT_MS = 1_200_000;
/** Policies change a thousand times, so a second between checks would be too long. */
const POLL_MS = 20;
const SERVING_TIMEOUT_MS = 20_000;
const CLIENTS = 32;
/** Each reload starts a process of the stock server, and this process loads TypeScript and a schema compiler. */
const STOCK_START_MS = 10_000;
const PRELOAD = new URL("./preload/preload.mjs", import.meta.url);
const STOCK_PLUGINS = fileURLToPath(new URL("../../plugin/stock", import.meta.url));
const FAULTY_STOCK_PLUGINS = fileURLToPath(new URL("./preload/stock", import.meta.url));

/** Declares a test for each fault. All tests use the same gateway, so it must recover after each fault. */
export async function runFaults({
  createKind,
  workers,
  readTimeoutSeconds,
  rounds = 20,
  leaveOut = [],
  mayLose = [],
  isStock = false,
}: FaultsRun): Promise<void> {
  const kind = await createKind(keepSettings);
  describe(`faults on ${kind.label}, ${workers} ${workers === 1 ? "worker" : "workers"}`, () => {
    if (kind.missing !== undefined) {
      reportMissing("runs the table", kind.missing);
      return;
    }
    let upstream: Upstream;
    let world: World;
    let gateway: FaultyGateway;
    let control: string;

    let statusAddress: string;

    const start = async (): Promise<void> => {
      const adminPort = await findFreePort();
      statusAddress = `127.0.0.1:${await findFreePort()}`;
      const options = isStock ? "" : ` --policy-poll ${POLL_MS} --status-listen ${statusAddress}`;
      const adapted = await createKind((settings) => ({
        ...settings,
        [START_CMD]: addPreload(settings, control, isStock) + options,
        KONG_NGINX_WORKER_PROCESSES: String(workers),
        KONG_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
        KONG_NGINX_PROXY_LUA_SOCKET_READ_TIMEOUT: `${readTimeoutSeconds}s`,
      }));
      gateway = await adapted.start({ configText: world.configText(usualJudge), policyRoot: world.policyRoot });
    };

    /** Late effects of an earlier fault count only for that fault. */
    const prepare = async (): Promise<void> => {
      writeInnerFault(control, undefined);
      if (!(await waitUntilServing(gateway, world, SERVING_TIMEOUT_MS))) {
        await gateway.stop();
        await start();
        if (!(await waitUntilServing(gateway, world, SERVING_TIMEOUT_MS))) {
          throw new Error("the gateway does not serve even before this fault");
        }
      }
    };

    beforeAll(async () => {
      upstream = await startUpstream();
      world = await createWorld(upstream.url);
      control = join(world.directory, "fault");
      writeInnerFault(control, "hold"); // The first fault is a late start of the server.
      await start();
    }, START_TIMEOUT_MS);
    afterAll(async () => {
      await gateway?.stop();
      await upstream?.stop();
      await world?.remove();
    }, START_TIMEOUT_MS);

    const faults = FAULTS.filter(
      ({ id, onlyKong, onlyOurs }) =>
        !leaveOut.includes(id) &&
        (onlyKong === undefined || kind.label !== "sandbox") &&
        (onlyOurs === undefined || !isStock),
    );
    for (const fault of faults) {
      it(
        fault.title,
        async ({ task }) => {
          if (fault.id !== "late-start") {
            await prepare();
          }
          const assessment = await runFault(fault);
          const kong = gateway.kong && gateway.version;
          task.meta.gateway = gateway.name;
          task.meta.fault = {
            gateway: gateway.name,
            kong,
            workers,
            readTimeoutSeconds,
            rounds,
            fault: fault.id,
            assessment,
          };
          const bounds = mayLose.includes(fault.id) ? { ...fault, ...LOSING } : fault;
          check(isStock ? { ...bounds, recoveryMs: bounds.recoveryMs + STOCK_START_MS } : bounds, assessment);
        },
        FAULT_TIMEOUT_MS,
      );
    }

    const runFault = async (fault: Fault): Promise<Assessment> => {
      const judging = createJudging();
      let faultMs = 0;
      const scene: Scene = {
        gateway,
        world,
        judging,
        rounds,
        readTimeoutMs: readTimeoutSeconds * 1_000,
        mark() {
          faultMs = performance.now();
        },
        async sendCrowd(clients) {
          const crowd = startLoad({ url: gateway.url, world, clients });
          loads.push(crowd);
          await sleep(RAMP_MS);
          await crowd.stop();
        },
        setInnerFault: (inner) => writeInnerFault(control, inner),
        waitForPolicy: (file, judge) => waitForPolicy(statusAddress, file, judge),
      };
      const load = startLoad({ url: gateway.url, world, clients: CLIENTS, ...fault.load });
      const loads = [load];
      try {
        await sleep(2 * RAMP_MS);
        scene.mark();
        await fault.inject(scene);
        await waitUntilServing(gateway, world, fault.recoveryMs + SERVING_TIMEOUT_MS);
        const sinceMs = performance.now();
        await load.drain();
        // On a busy machine, it takes long until each route has had a request of a client.
        await waitFor(() => isServedAgain(load.sent, sinceMs) || undefined, SERVING_TIMEOUT_MS);
      } finally {
        writeInnerFault(control, undefined);
        await load.stop();
      }
      const { arrivalsOf } = upstream;
      return assess({ sent: loads.flatMap(({ sent }) => sent), arrivalsOf, judgesOf: judging.judgesOf, faultMs });
    };
  });
}

function check({ sparesValid, recoveryMs, holdMs }: Fault, assessment: Assessment): void {
  expect.soft(assessment.leaked.slice(0, 10), "reached the upstream without a right").toEqual([]);
  expect.soft(assessment.judgedByAnother.slice(0, 10), "judged by another rule or policy").toEqual([]);
  if (sparesValid) {
    expect.soft(assessment.refusedValid, "valid requests refused").toEqual({});
  }
  expect.soft(assessment.recoveryMs ?? Number.POSITIVE_INFINITY, "recovery").toBeLessThanOrEqual(recoveryMs);
  expect.soft(assessment.longestHoldMs, "longest hold").toBeLessThanOrEqual(holdMs);
}

/** Puts two things into the command that starts the plugin server: the preload, and a small limit of the heap. */
function addPreload(settings: KongSettings, control: string, isStock: boolean): string {
  const command = settings[START_CMD] ?? "";
  const [before, after] = command.split(` ${process.execPath} `);
  if (before === undefined || after === undefined) {
    throw new Error(`no node in the start command: ${command}`);
  }
  // The stock server itself needs 64 MB, because it loads TypeScript.
  const node = `${process.execPath} --max-old-space-size=${isStock ? 256 : 64} --import ${PRELOAD.href}`;
  return `${before} FAULT_CONTROL=${control} ${node} ${after.replace(STOCK_PLUGINS, FAULTY_STOCK_PLUGINS)}`;
}
