import { setTimeout as sleep } from "node:timers/promises";
import { type Exchange, openExchange, type Target } from "./exchange.ts";

export interface Served {
  /** The median time of requests that were served, in milliseconds. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /**
   * The longest time from sending a request to the answer, in milliseconds. The other times also include the wait for a
   * free connection.
   */
  readonly longestAnswerMs: number;
  /** The number of requests by status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly perSecond: number;
}

const SERVED = 200;
const CAPACITY_CONNECTIONS = 16;
const MAX_CONNECTIONS = 256;
const TICK_MS = 2;

/** As many requests as the gateway answers, over a few connections. */
export async function measureCapacity(target: Target, seconds: number): Promise<number> {
  const endMs = performance.now() + seconds * 1000;
  let served = 0;
  const exchanges = Array.from({ length: CAPACITY_CONNECTIONS }, () => openExchange(target));
  await Promise.all(
    exchanges.map(async (exchange) => {
      while (performance.now() < endMs) {
        const status = await exchange.send();
        served += status === SERVED ? 1 : 0;
      }
      exchange.close();
    }),
  );
  return served / seconds;
}

/**
 * A client that sends at a steady rate, even if answers do not come.
 *
 * @param maxConnections if no connection is free, a request waits, and this wait counts.
 */
export async function measureServed(
  target: Target,
  perSecond: number,
  seconds: number,
  maxConnections = MAX_CONNECTIONS,
): Promise<Served> {
  const free: Exchange[] = [];
  const all: Exchange[] = [];
  const waits: number[] = [];
  let longestAnswerMs = 0;
  const statuses = new Map<number, number>();
  const under = new Set<Promise<void>>();
  const startMs = performance.now();
  let due = 0;
  const takeExchange = (): Exchange | undefined => {
    const exchange = free.pop();
    if (exchange || all.length >= maxConnections) {
      return exchange;
    }
    const opened = openExchange(target);
    all.push(opened);
    return opened;
  };
  const sendOne = async (exchange: Exchange, dueMs: number): Promise<void> => {
    const sentMs = performance.now();
    const status = await exchange.send();
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (status === SERVED) {
      waits.push(performance.now() - dueMs);
      longestAnswerMs = Math.max(longestAnswerMs, performance.now() - sentMs);
    }
    free.push(exchange);
  };
  for (let nowMs = startMs; nowMs - startMs < seconds * 1000; nowMs = performance.now()) {
    for (; due < ((nowMs - startMs) / 1000) * perSecond; due += 1) {
      const exchange = takeExchange();
      if (!exchange) {
        break;
      }
      const one = sendOne(exchange, startMs + (due / perSecond) * 1000);
      under.add(one);
      void one.finally(() => under.delete(one));
    }
    await sleep(TICK_MS);
  }
  await Promise.race([Promise.all(under), sleep(6_000)]);
  for (const exchange of all) {
    exchange.close();
  }
  waits.sort((a, b) => a - b);
  const at = (share: number): number =>
    waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
  return {
    medianMs: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    longestAnswerMs,
    statuses,
    perSecond: waits.length / seconds,
  };
}
