import { type PluginServer, type PreparedEvent, type SentRequest, startPluginServer } from "./plugin-server.ts";
import type { Subject } from "./subject.ts";

export interface RequestCosts {
  /** Processor time of the plugin server for a request without a token, in microseconds. */
  readonly bareMicros: number;
  /** By stage: the most expensive request's cost in units of that. */
  readonly ratios: ReadonlyMap<string, number>;
  /** The longest that any answer took. */
  readonly longestMillis: number;
}

const ROUNDS = 5;
const REQUESTS = 150;
const WARM_UP = 1_000;

/** Sends each request to the real process many times, in interleaved rounds, and compares with requests without a token. */
export async function measureRequests(
  subject: Subject,
  policyText: string,
  inputs: readonly { readonly name: string; readonly request: SentRequest }[],
): Promise<RequestCosts> {
  const server = await startPluginServer(subject, policyText);
  try {
    const bare = server.prepare({});
    await spend(server, bare, WARM_UP);
    const ratios = new Map<string, number[]>();
    const bares: number[] = [];
    let longestMillis = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, { name, request }] of inputs.entries()) {
        const base = await spend(server, bare, REQUESTS);
        const cost = await spend(server, server.prepare(request), REQUESTS);
        longestMillis = Math.max(longestMillis, cost.longestMillis);
        bares.push(base.micros);
        const key = `${index} ${name}`;
        ratios.set(key, [...(ratios.get(key) ?? []), cost.micros / base.micros]);
      }
    }
    const worst = new Map<string, number>();
    for (const [key, all] of ratios) {
      const name = key.slice(key.indexOf(" ") + 1);
      worst.set(name, Math.max(worst.get(name) ?? 0, median(all)));
    }
    return { bareMicros: median(bares), ratios: worst, longestMillis };
  } finally {
    server.stop();
  }
}

async function spend(
  server: PluginServer,
  event: PreparedEvent,
  count: number,
): Promise<{ readonly micros: number; readonly longestMillis: number }> {
  const start = server.cpuNanos();
  let longestMillis = 0;
  for (let index = 0; index < count; index += 1) {
    const asked = performance.now();
    await server.ask(event);
    longestMillis = Math.max(longestMillis, performance.now() - asked);
  }
  return { micros: (server.cpuNanos() - start) / 1000 / count, longestMillis };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
