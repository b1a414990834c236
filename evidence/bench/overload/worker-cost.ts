import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openExchange, type Target } from "./exchange.ts";

/**
 * The time that Kong's worker needs for one request of a flood. Processor time stays about the same on a busy machine, unlike
 * waiting time.
 */
export interface WorkerCost {
  readonly microseconds: number;
  readonly statuses: ReadonlyMap<number, number>;
}

const NS_PER_MICROSECOND = 1_000;
const IDLE_MS = 3_000;

/** Finds the only worker of a Kong. @param master the process in Kong's pid file. */
export function findWorker(master: number): number {
  const children = readFileSync(`/proc/${master}/task/${master}/children`, "utf8").trim().split(" ").map(Number);
  const worker = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("nginx: worker"));
  if (worker === undefined) {
    throw new Error(`process ${master} has no worker`);
  }
  return worker;
}

/** Floods for some seconds over this many connections. Each connection sends its next request after an answer. */
export async function measureWorkerCost(
  worker: number,
  target: Target,
  connections: number,
  seconds: number,
): Promise<WorkerCost> {
  const idleStart = readProcessorNs(worker);
  await sleep(IDLE_MS);
  const idleNsPerMs = (readProcessorNs(worker) - idleStart) / IDLE_MS; // Kong's timers run without any request.
  const statuses = new Map<number, number>();
  const startNs = readProcessorNs(worker);
  const startMs = performance.now();
  const endMs = startMs + seconds * 1000;
  const exchanges = Array.from({ length: connections }, () => openExchange(target));
  await Promise.all(
    exchanges.map(async (exchange) => {
      while (performance.now() < endMs) {
        const status = await exchange.send();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    }),
  );
  const busyNs = readProcessorNs(worker) - startNs - idleNsPerMs * (performance.now() - startMs);
  for (const exchange of exchanges) {
    exchange.close();
  }
  const count = [...statuses.values()].reduce((sum, times) => sum + times, 0);
  return { microseconds: busyNs / count / NS_PER_MICROSECOND, statuses };
}

/** The time that a process had a processor. */
const readProcessorNs = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
