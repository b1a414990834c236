import { type PluginServer, type PreparedEvent, type SentRequest, startPluginServer } from "./plugin-server.ts";
import type { Subject } from "./subject.ts";

export interface RequestCosts {
  /** Processor time of the plugin server for a request without a token, in microseconds. */
  readonly bareMicros: number;
  /**
   * For each key of the requests, the cost of the most expensive request. The cost is a multiple of the cost of a
   * request without a token.
   */
  readonly ratios: ReadonlyMap<string, number>;
  /** The longest time of any answer. */
  readonly longestMillis: number;
}

const ROUNDS = 16;
const REQUESTS = 40;
const BARE_REQUESTS = 10;
const WARM_UP = 1_000;
/** With this warm-up, each request meets optimised code, like the requests of a flood. */
const WARM_UP_EACH = 300;

/**
 * Sends each request to the real process many times, in interleaved rounds, and compares with requests without a token.
 * Other work on the machine only makes a round longer, so the first quartile of all rounds counts.
 */
export async function measureRequests(
  subject: Subject,
  policyText: string,
  inputs: readonly { readonly key: string; readonly request: SentRequest }[],
): Promise<RequestCosts> {
  const server = await startPluginServer(subject, policyText);
  try {
    const bare = server.prepare({});
    await spend(server, bare, WARM_UP);
    const events = inputs.map(({ key, request }) => ({ key, event: server.prepare(request), micros: [] as number[] }));
    for (const { event } of events) {
      await spend(server, event, WARM_UP_EACH);
    }
    const bares: number[] = [];
    let longestMillis = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { event, micros } of events) {
        bares.push((await spend(server, bare, BARE_REQUESTS)).micros);
        const cost = await spend(server, event, REQUESTS);
        micros.push(cost.micros);
        longestMillis = Math.max(longestMillis, cost.longestMillis);
      }
    }
    const bareMicros = firstQuartile(bares);
    const ratios = new Map<string, number>();
    for (const { key, micros } of events) {
      ratios.set(key, Math.max(ratios.get(key) ?? 0, firstQuartile(micros) / bareMicros));
    }
    return { bareMicros, ratios, longestMillis };
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

function firstQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 2] ?? Number.NaN;
}
