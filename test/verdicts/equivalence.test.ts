import { isDeepStrictEqual } from "node:util";
import { afterAll, expect, it } from "vitest";
import { isAllow } from "../../plugin/core/model/decision.ts";
import { EventRecord } from "../../plugin/kong/facts/event-record.ts";
import { createFactsReader } from "../../plugin/kong/facts/read-facts.ts";
import { type PluginInstance, startPluginInstance } from "../../plugin/kong/handler.ts";
import { AbuseWatch } from "../../plugin/observe/abuse/abuse-watch.ts";
import { createPolicyStore } from "../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type Runtime, type VerdictCaching } from "../../plugin/runtime/runtime.ts";
import { NOW } from "../core/fixtures.ts";
import { scriptedPdk } from "../kong/contract/scripted-pdk.ts";
import { silentLog } from "../logs.ts";
import { abuseSettings } from "../observe/abuse/settings.ts";
import { createRandom, type Random } from "../random.ts";
import { runsOf } from "../runs.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { type Choice, KEYS, mintTokens, POLICIES, RequestWalk, writeFacts } from "./random-requests.ts";

const RUNS = Number(process.env.VERDICT_RUNS ?? runsOf(20_000));
const SEED = Number(process.env.VERDICT_SEED ?? 17);
const STEPS_MS = [0, 0, 1, 400, 1_000, 7_000, -1, -3_000];
const LONGEST_MS = 120_000;
const TOKENS = mintTokens(NOW);

let clockMs = NOW * 1_000;
let monotonicMs = 0;
let published: readonly object[] = [KEYS.first.publicJwk];
const root = temporaryFolder();
const runtimes: Runtime[] = [];
afterAll(() => {
  for (const runtime of runtimes) {
    runtime.stop();
  }
});

function start(verdictCache: VerdictCaching, abuse?: AbuseWatch): Runtime {
  const runtime = createRuntime({
    policyRoot: root,
    compiler: createPolicyStore(root),
    policyPollMs: 600_000,
    fetchJson: async () => ({ body: { keys: published as never }, freshForSeconds: 100_000 }),
    verdictCache,
    abuse,
    now: () => clockMs,
    log: silentLog,
  });
  runtimes.push(runtime);
  return runtime;
}

const PLUGIN = "5d7f0a9e-0000-4000-8000-000000000000";

/** The instances of one runtime. When a policy changes, Kong starts them again. */
function instancesOf(runtime: Runtime): (choice: Choice, version: number) => PluginInstance {
  const instances = new Map<string, PluginInstance>();
  const readFacts = createFactsReader(true, () => {});
  return ({ policy, rule }, version) => {
    const name = `${policy} ${rule} ${version}`;
    const known = instances.get(name);
    if (known) {
      return known;
    }
    const text = JSON.stringify({ ...POLICIES[policy], name: `${policy}-v${version}` });
    const config = { policy: text, ...(rule !== undefined && { rule }), __plugin_id: PLUGIN + name, __seq__: 1 };
    const instance = startPluginInstance(JSON.stringify(config), runtime, readFacts);
    instances.set(name, instance);
    return instance;
  };
}

async function ask(runtime: Runtime, instance: PluginInstance, choice: Choice, count: number): Promise<unknown> {
  const { pdk } = scriptedPdk({
    variables: { jwt_facts: writeFacts(choice, TOKENS, count) },
    forwardedScheme: "http",
    route: { id: "r", name: choice.route, tags: [] },
    credential: choice.credential === undefined ? {} : { id: choice.credential },
    consumers: { alice: { id: "11111111-1111-4111-8111-111111111111", username: "alice" } },
  } as never);
  const event = new EventRecord();
  const outcome = await instance.access(pdk, event);
  runtime.observe(outcome, event, 0);
  if (isAllow(outcome)) {
    const { headers, rawQuery, caller, evidence, reported } = outcome;
    return { headers, rawQuery, caller, evidence, reported: reported?.denial };
  }
  return outcome.verdict === "deny" ? { denial: outcome.denial, evidence: outcome.evidence } : outcome;
}

/** Sometimes moves the clock, publishes other keys, or changes policies. */
class World {
  version = 0;
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  async change(): Promise<void> {
    const random = this.#random;
    if (random.oneIn(10)) {
      clockMs += random.pick(STEPS_MS);
      clockMs = clockMs > NOW * 1_000 + LONGEST_MS ? NOW * 1_000 : clockMs;
    }
    if (random.oneIn(1_000)) {
      published = random.pick([[KEYS.first], [KEYS.second], [KEYS.first, KEYS.second]]).map((key) => key.publicJwk);
      await Promise.all(runtimes.map((runtime) => runtime.refreshKeys()));
    }
    if (random.oneIn(1_000)) {
      this.version = random.below(3);
    }
  }
}

/** Refuses each token that comes from two networks in a minute, for ten seconds. */
function createStrictWatch(): AbuseWatch {
  const settings = abuseSettings({
    shared_tokens: { networks: 2, ipv4_prefix: 32, shared_networks: {}, on_abuse: "refuse_token", refuse_for: "10s" },
  });
  const clock = { monotonicMs: () => monotonicMs, now: () => monotonicMs };
  return new AbuseWatch({ settings, ...clock, hashKey: new Uint8Array(24), unseenMs: 0, warn: () => {} });
}

it.each<[what: string, watches: readonly (AbuseWatch | undefined)[]]>([
  ["with changing times, keys and policies", [undefined, undefined]],
  ["also while shared tokens are refused", [createStrictWatch(), createStrictWatch()]],
])(
  `a verdict from the cache equals a new one in ${RUNS} random requests, %s`,
  async (_what, [oneWatch, otherWatch]) => {
    const random = createRandom(SEED);
    const cached = start("server", oneWatch);
    const fresh = start("off", otherWatch);
    const [findCached, findFresh] = [instancesOf(cached), instancesOf(fresh)];
    const [world, walk] = [new World(random), new RequestWalk(random)];
    const withHits = new Set<string>();
    for (let count = 0; count < RUNS; count += 1) {
      const choice = walk.next();
      monotonicMs += 100;
      await world.change();
      const hits = cached.verdictStatus()?.hits;
      const reused = await ask(cached, findCached(choice, world.version), choice, count);
      const judged = await ask(fresh, findFresh(choice, world.version), choice, count);
      if (!isDeepStrictEqual(reused, judged)) {
        expect(reused, JSON.stringify({ count, clockMs, choice })).toEqual(judged);
      }
      if (hits !== cached.verdictStatus()?.hits) {
        withHits.add(choice.policy);
      }
    }
    const { hits = 0, misses = 0 } = cached.verdictStatus() ?? {};
    expect(hits + misses).toBe(RUNS);
    expect(hits).toBeGreaterThan(RUNS / 20);
    expect(Object.keys(POLICIES).filter((name) => !withHits.has(name))).toEqual(["consumer"]);
    expect(oneWatch?.status()).toEqual(otherWatch?.status());
    expect(oneWatch?.status().alarms).not.toEqual([]);
    expect(new Set(cached.judgedStatus())).toEqual(new Set(fresh.judgedStatus()));
    expect(new Set(cached.reportStatus())).toEqual(new Set(fresh.reportStatus()));
  },
  3_600_000,
);
