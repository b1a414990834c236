import { rm } from "node:fs/promises";
import autocannon from "autocannon";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FaultyGateway, waitFor } from "../../test/gateways/gateway.ts";
import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { sandboxFromSettings } from "../../test/gateways/kong/sandbox-from-settings.ts";
import { connectWorker } from "../../test/server/protocol/raw-worker.ts";
import { measureMemory } from "./measure-memory.ts";
import { createSoakWorld, inlineConfig, refusedRequests, type SoakWorld } from "./soak-world.ts";

const REFUSALS = Number(process.env.SOAK_REFUSALS ?? 1_000_000);
const INSTANCE_STARTS = Number(process.env.SOAK_INSTANCE_STARTS ?? 100_000);
const CONNECTIONS = 32;
const ALLOWED_GROWTH_MB = 25;

let world: SoakWorld;
let gateway: FaultyGateway;
let pid: number;

beforeAll(async () => {
  world = await createSoakWorld();
  const kong = kongBinary();
  const kind = kong.missing === undefined ? kong : sandboxFromSettings();
  gateway = await kind.start(world);
  pid = (await waitFor(() => gateway.pluginServerPid(), 10_000)) ?? Number.NaN;
});
afterAll(async () => {
  await gateway?.stop();
  await rm(world.directory, { recursive: true, force: true, maxRetries: 5 });
});

it(`stays flat over ${REFUSALS} refused requests`, async () => {
  const requests = refusedRequests(world);
  const growth = await measureMemory(gateway.name, pid, "refused requests", REFUSALS, async (count) => {
    const { statusCodeStats, errors } = await autocannon({
      url: gateway.url,
      connections: CONNECTIONS,
      amount: count,
      requests: requests.map(({ path, authorization }) => ({
        path,
        headers: authorization === undefined ? {} : { authorization },
      })),
    });
    const statuses = Object.keys(statusCodeStats).filter((status) => !/^(400|401|403)$/.test(status));
    expect({ statuses, errors }).toEqual({ statuses: [], errors: 0 });
  });
  expect(growth).toBeLessThan(ALLOWED_GROWTH_MB);
});

it(`stays flat over ${INSTANCE_STARTS} starts of plugin instances that Kong never closes`, async () => {
  const worker = await connectWorker(gateway.socket);
  let started = 0;
  const growth = await measureMemory(gateway.name, pid, "instance starts", INSTANCE_STARTS, async (count) => {
    for (let index = 0; index < count; index += 1) {
      started += 1;
      const { instanceStatus } = await worker.start(inlineConfig(world, started));
      if (!instanceStatus?.instanceId) {
        throw new Error("an instance was not started");
      }
    }
  });
  worker.socket.destroy();
  expect(growth).toBeLessThan(ALLOWED_GROWTH_MB);
});
