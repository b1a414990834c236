import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import autocannon from "autocannon";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FaultyGateway, waitFor } from "../../test/gateways/gateway.ts";
import { kongBinary } from "../../test/gateways/kong/kong-binary.ts";
import { sandboxFromSettings } from "../../test/gateways/kong/sandbox-from-settings.ts";
import { connectWorker } from "../../test/server/protocol/raw-worker.ts";
import type { MemoryResults } from "../results/measurements.ts";
import { writeResults } from "../results/results-folder.ts";
import { createSoakWorld, inlineConfig, refusedRequests, type SoakWorld } from "./soak-world.ts";

const REFUSALS = Number(process.env.SOAK_REFUSALS ?? 1_000_000);
const INSTANCE_STARTS = Number(process.env.SOAK_INSTANCE_STARTS ?? 100_000);
const SAMPLES = 20;
const CONNECTIONS = 32;
/** The heap of Node grows to a steady size first; after it, nothing may be left behind. */
const WARM_UP_SHARE = 0.25;
const ALLOWED_GROWTH_MB = 25;

/** Resident memory of the plugin server in MB after each part of the work. */
interface Soak {
  readonly what: string;
  readonly count: number;
  readonly megabytes: readonly number[];
}

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
  const soak = await measure("refused requests", REFUSALS, async (count) => {
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
  expect(growth(soak)).toBeLessThan(ALLOWED_GROWTH_MB);
});

it(`stays flat over ${INSTANCE_STARTS} starts of plugin instances that Kong never closes`, async () => {
  const worker = await connectWorker(gateway.socket);
  let started = 0;
  const soak = await measure("instance starts", INSTANCE_STARTS, async (count) => {
    for (let index = 0; index < count; index += 1) {
      started += 1;
      const { instanceStatus } = await worker.start(inlineConfig(world, started));
      if (!instanceStatus?.instanceId) {
        throw new Error("an instance was not started");
      }
    }
  });
  worker.socket.destroy();
  expect(growth(soak)).toBeLessThan(ALLOWED_GROWTH_MB);
});

async function measure(what: string, count: number, work: (count: number) => Promise<void>): Promise<Soak> {
  const megabytes = [readMegabytes()];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await work(Math.ceil(count / SAMPLES));
    megabytes.push(readMegabytes());
  }
  const soak = { what, count, megabytes };
  const results: MemoryResults = {
    gateway: gateway.name,
    ...soak,
    warmUp: countWarmUp(megabytes),
    growth: growth(soak),
  };
  writeResults(`memory/${what.replaceAll(" ", "-")}`, results);
  process.stdout.write(`${gateway.name}, ${what}, resident MB after each ${count / SAMPLES}: ${megabytes.join(" ")}\n`);
  return soak;
}

/** From the end of the warm-up to the end, in MB: medians of a few samples, because a collection comes when it likes. */
function growth({ megabytes }: Soak): number {
  const warm = countWarmUp(megabytes);
  return median(megabytes.slice(-5)) - median(megabytes.slice(warm, warm + 5));
}

function countWarmUp(megabytes: readonly number[]): number {
  return Math.ceil(megabytes.length * WARM_UP_SHARE);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function readMegabytes(): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 1024);
}
