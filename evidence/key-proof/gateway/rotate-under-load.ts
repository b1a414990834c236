import { setTimeout as sleep } from "node:timers/promises";
import { createCounter, shortestGap, type Tally } from "../results/tally.ts";
import { AUDIENCE } from "../rotating-provider.ts";
import { createUnknownKids } from "../unknown-kids.ts";
import { type GatewayScene, TOKENS } from "./gateway-scene.ts";
import { createClient, startOpenLoad } from "./open-load.ts";

/** The bounds of proof-world.ts. */
export const MAX_MS = 10_000;
export const COOLDOWN_MS = 5_000;
/** For the fetch itself, which comes at the bound at the latest. */
const FETCH_MS = 1_000;
const OVERLAP_MS = 3_000;
const DRAIN_MS = 1_000;
const RETIRED_PER_SECOND = 20;
const ASK_AGAIN_MS = 25;
/** Longer than a new key may take. */
const GIVE_UP_MS = 30_000;

/** One correct rotation. */
export interface RotationFigures {
  /** The time in which tokens of the retired key still passed, in milliseconds. */
  readonly passedForMs: number;
  /** The number of later requests with tokens of the retired key. All of these requests were refused. */
  readonly refusedAfterwards: number;
}

export interface FloodFigures extends Tally {
  readonly seconds: number;
  readonly passed: number;
  readonly fetches: number;
  /** The shortest time between two fetches at the provider. */
  readonly shortestGapMs: number | undefined;
}

/**
 * The steps of a rotation: publish, wait until every gateway must know the key, switch, let clients change over,
 * retire.
 */
export async function rotate(scene: GatewayScene): Promise<RotationFigures> {
  const { provider } = scene;
  const old = scene.currentKey();
  const next = await scene.createKey();
  await provider.setKeys([old, next]);
  await sleep(MAX_MS + FETCH_MS);
  await provider.setKeys([next, old]);
  const retired = scene.tokensInUse();
  const fresh = await provider.mintTokens(TOKENS);
  scene.use(next, fresh, true);
  await sleep(OVERLAP_MS);
  scene.use(next, fresh);
  await sleep(DRAIN_MS);
  await provider.setKeys([next]);
  return watchRetired(scene, retired);
}

async function watchRetired({ url }: GatewayScene, retired: readonly string[]): Promise<RotationFigures> {
  const retiredMs = performance.now();
  const client = createClient(url);
  const refusedAtMs: number[] = [];
  let lastPassedMs = retiredMs;
  let count = 0;
  const probe = startOpenLoad(
    client,
    () => {
      count += 1;
      return { kind: "retired", token: retired[count % retired.length] ?? "" };
    },
    ({ answer, startMs }) => {
      if (answer === "200") {
        lastPassedMs = Math.max(lastPassedMs, startMs);
      } else {
        refusedAtMs.push(startMs);
      }
    },
  );
  probe.setRate(RETIRED_PER_SECOND);
  await sleep(MAX_MS + 3 * FETCH_MS);
  await probe.stop();
  await client.stop();
  return {
    passedForMs: Math.round(lastPassedMs - retiredMs),
    refusedAfterwards: refusedAtMs.filter((ms) => ms > lastPassedMs).length,
  };
}

/** Publishes a key that signs immediately. @returns the time until a token of this key passes, in milliseconds. */
export async function switchUnannounced(scene: GatewayScene): Promise<number> {
  const { provider } = scene;
  const old = scene.currentKey();
  const next = await scene.createKey();
  const client = createClient(scene.url);
  // At a random moment between two fetches.
  await sleep(Math.random() * COOLDOWN_MS);
  await provider.setKeys([next, old]);
  const publishedMs = performance.now();
  const [token = ""] = await provider.mintTokens(1);
  let acceptedMs = Number.POSITIVE_INFINITY;
  while (acceptedMs === Number.POSITIVE_INFINITY && performance.now() - publishedMs < GIVE_UP_MS) {
    const { answer, endMs } = await client.send({ kind: "unannounced", token });
    if (answer === "200") {
      acceptedMs = endMs;
    } else {
      await sleep(ASK_AGAIN_MS);
    }
  }
  await client.stop();
  // From now on, the plugin knows the key, and tokens of the key are as valid as any other tokens.
  scene.use(next, await provider.mintTokens(TOKENS));
  await sleep(DRAIN_MS);
  return Math.round(acceptedMs - publishedMs);
}

/** Sends tokens with unknown kids at this rate, in addition to valid tokens, while `meanwhile` runs. */
export async function flood(
  { url, provider }: GatewayScene,
  perSecond: number,
  meanwhile: () => Promise<void>,
): Promise<FloodFigures> {
  const client = createClient(url);
  const counter = createCounter();
  const nextToken = createUnknownKids(provider.issuer, AUDIENCE);
  const startMs = performance.now();
  const load = startOpenLoad(client, () => ({ kind: "unknown", token: nextToken() }), counter.note);
  load.setRate(perSecond);
  await meanwhile();
  await load.stop();
  const seconds = (performance.now() - startMs) / 1000;
  await client.stop();
  const fetches = provider.fetches.filter((ms) => ms >= startMs);
  const { requests, refused } = counter.tally();
  const passed = requests - Object.values(refused).reduce((sum, one) => sum + one, 0);
  const gap = shortestGap(fetches);
  return {
    seconds: Math.round(seconds),
    requests,
    refused,
    passed,
    fetches: fetches.length,
    shortestGapMs: gap && Math.round(gap),
  };
}
