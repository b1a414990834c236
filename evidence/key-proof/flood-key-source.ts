import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { KeyLookup } from "../../plugin/core/model/key.ts";
import { createKeySource } from "../../plugin/keys/life/key-source.ts";
import { listenOn } from "../../sandbox/http/listen.ts";
import { compileDocument, ISSUER, joseHeaderOf, policyDocument } from "../../test/core/fixtures.ts";
import { noFiles } from "../../test/keys/store/no-files.ts";
import { logInto } from "../../test/logs.ts";
import { generateSigningKey } from "../../test/tokens.ts";
import { shortestGap } from "./results/tally.ts";

/** The results of thousands of unknown kids per second at the key source. */
export interface FloodResult {
  /** How long the provider takes for each answer. */
  readonly providerMs: number;
  readonly cooldownSeconds: number;
  readonly seconds: number;
  readonly unknownKids: number;
  readonly perSecond: number;
  /** The results of the look-ups: `unknown`, `overloaded`, `unavailable`, or `found`. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly fetches: number;
  readonly shortestGapMs?: number;
  /** Look-ups of a known kid during the flood. */
  readonly known: {
    readonly lookups: number;
    readonly notFound: number;
    readonly medianMicroseconds: number;
    readonly p99Microseconds: number;
  };
  /** The growth of this process's heap. Garbage is collected before and after the flood. */
  readonly heapGrowthKilobytes: number;
}

const TICK_MS = 10;
const COOLDOWN_SECONDS = 5;
const KNOWN_IN_TICK = 5;

/** @param providerMs the delay of each of the provider's answers. */
export async function floodKeySource(seconds: number, perSecond: number, providerMs: number): Promise<FloodResult> {
  const fetches: number[] = [];
  const jwks = JSON.stringify({ keys: [generateSigningKey("ES256", "known").publicJwk] });
  const provider = createServer((_, response) => {
    fetches.push(performance.now());
    setTimeout(() => response.end(jwks), providerMs);
  });
  await listenOn(provider, 0);
  const jwks_uri = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`;
  const key_refresh = { cooldown: `${COOLDOWN_SECONDS}s` };
  const policy = compileDocument(policyDocument({ issuer: ISSUER, audiences: ["a"], keys: { jwks_uri }, key_refresh }));
  const issuer = policy.issuers.get(ISSUER);
  if (issuer === undefined) {
    throw new Error("the policy has no such issuer");
  }
  const source = createKeySource({ now: Date.now, log: logInto([]), files: noFiles });
  const outcomes: Record<string, number> = {};
  const note = (lookup: KeyLookup): void => {
    const outcome = lookup.ok ? "found" : lookup.failure.because;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const knownMicroseconds: number[] = [];
  let notFound = 0;
  let unknownKids = 0;
  const askUnknown = async (): Promise<void> => {
    unknownKids += 1;
    note(await source.find(issuer, joseHeaderOf({ kid: `unknown-${unknownKids}` })));
  };
  const askKnown = async (): Promise<void> => {
    const startMs = performance.now();
    const lookup = source.find(issuer, joseHeaderOf({ kid: "known" }));
    const { ok } = lookup instanceof Promise ? await lookup : lookup;
    knownMicroseconds.push((performance.now() - startMs) * 1000);
    notFound += ok ? 0 : 1;
  };

  await source.prepare(policy);
  const heapBefore = measureHeap();
  const startMs = performance.now();
  const underWay: Promise<void>[] = [];
  while (performance.now() - startMs < seconds * 1000) {
    const due = ((performance.now() - startMs) / 1000) * perSecond;
    const asked: Promise<void>[] = [];
    while (unknownKids < due) {
      asked.push(askUnknown());
    }
    asked.push(...Array.from({ length: KNOWN_IN_TICK }, askKnown));
    underWay.push(Promise.all(asked).then(() => {}));
    await sleep(TICK_MS);
  }
  const took = (performance.now() - startMs) / 1000;
  await Promise.all(underWay.splice(0));
  const sorted = Float64Array.from(knownMicroseconds.splice(0)).sort();
  const heapGrowth = measureHeap() - heapBefore - sorted.byteLength;
  source.stop();
  provider.closeAllConnections();
  await new Promise((resolve) => provider.close(resolve));
  const gap = shortestGap(fetches);
  const quantile = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0);
  return {
    providerMs,
    cooldownSeconds: COOLDOWN_SECONDS,
    seconds: Math.round(took),
    unknownKids,
    perSecond: Math.round(unknownKids / took),
    outcomes,
    fetches: fetches.length,
    ...(gap === undefined ? {} : { shortestGapMs: Math.round(gap) }),
    known: {
      lookups: sorted.length,
      notFound,
      medianMicroseconds: quantile(0.5),
      p99Microseconds: quantile(0.99),
    },
    heapGrowthKilobytes: Math.round(heapGrowth / 1024),
  };
}

/** Bytes that are in use after a garbage collection. */
function measureHeap(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}
