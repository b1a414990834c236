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

/** How many requests of each key are measured again. */
const FINALISTS = 3;

interface Input {
  readonly key: string;
  readonly event: PreparedEvent;
}

/**
 * Sends each request to the real process many times, in interleaved rounds, and compares with requests without a token.
 * Other work on the machine only makes a round longer, so the first quartile of all rounds counts. The most expensive
 * requests of each key are measured again, and only their second measurement counts. Without it, the greatest of many
 * figures would be the one that other work increased most.
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
    const events = inputs.map(({ key, request }) => ({ key, event: server.prepare(request) }));
    for (const { event } of events) {
      await spend(server, event, WARM_UP_EACH);
    }
    const first = await measureRounds(server, bare, events);
    const finalists = [...new Set(events.map(({ key }) => key))].flatMap((key) =>
      first.costs
        .filter(({ input }) => input.key === key)
        .sort((a, b) => b.micros - a.micros)
        .slice(0, FINALISTS)
        .map(({ input }) => input),
    );
    const { bareMicros, costs, longestMillis } = await measureRounds(server, bare, finalists);
    const ratios = new Map<string, number>();
    for (const { input, micros } of costs) {
      ratios.set(input.key, Math.max(ratios.get(input.key) ?? 0, micros / bareMicros));
    }
    return { bareMicros, ratios, longestMillis: Math.max(first.longestMillis, longestMillis) };
  } finally {
    server.stop();
  }
}

interface RoundCosts {
  /** Microseconds of a request without a token. */
  readonly bareMicros: number;
  readonly costs: readonly { readonly input: Input; readonly micros: number }[];
  readonly longestMillis: number;
}

async function measureRounds(server: PluginServer, bare: PreparedEvent, inputs: readonly Input[]): Promise<RoundCosts> {
  const rounds = inputs.map((input) => ({ input, micros: [] as number[] }));
  const bares: number[] = [];
  let longestMillis = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { input, micros } of rounds) {
      bares.push((await spend(server, bare, BARE_REQUESTS)).micros);
      const cost = await spend(server, input.event, REQUESTS);
      micros.push(cost.micros);
      longestMillis = Math.max(longestMillis, cost.longestMillis);
    }
  }
  const costs = rounds.map(({ input, micros }) => ({ input, micros: firstQuartile(micros) }));
  return { bareMicros: firstQuartile(bares), costs, longestMillis };
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
