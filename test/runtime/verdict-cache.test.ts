import { beforeEach, describe, expect, it } from "vitest";
import { ALWAYS_VALID, type Allow, createAllow, createDeny, type Validity } from "../../plugin/core/model/decision.ts";
import { countDecisions, type DecisionCounts } from "../../plugin/observe/report-counts.ts";
import { Generation } from "../../plugin/runtime/generation.ts";
import { type KeptVerdict, VerdictCache, type VerdictKey } from "../../plugin/runtime/verdict-cache.ts";
import { compilePolicy, NOW } from "../core/fixtures.ts";

const EVIDENCE = { policy: "payments", rule: "read", issuer: "acme" };
const allowOf = (validity: Validity | undefined): Allow => createAllow({ headers: {} }, EVIDENCE, undefined, validity);
const ALLOW = allowOf(ALWAYS_VALID);
const POLICY = compilePolicy();
const keyOf = (authorization: string): VerdictKey => ({ authorization, rest: "GET" });

let clockMs: number;
let counts: DecisionCounts;
let generation: Generation;
let cache: VerdictCache;
let reuses: number;
beforeEach(() => {
  clockMs = NOW * 1_000;
  reuses = 0;
  counts = countDecisions(() => clockMs);
  generation = new Generation();
  cache = new VerdictCache({
    now: () => clockMs,
    generation,
    isForGuard: true,
    countGuardHits: ({ evidence, mode }, requests) => counts.addPassed(evidence, mode, requests),
  });
});

function keep(key: string, allow = ALLOW, since = generation.count): KeptVerdict | undefined {
  const onReuse = (): void => {
    reuses += 1;
  };
  return cache.keep(POLICY, keyOf(key), allow, since, { trace: { mode: "enforce" }, onReuse });
}

function recall(key: string, from = cache): KeptVerdict | undefined {
  return from.recall(POLICY, keyOf(key));
}

it("returns the same Allow for the same key, and for no other key", () => {
  keep("a");
  expect(recall("a")?.allow).toBe(ALLOW);
  expect(recall("b")).toBeUndefined();
  expect(cache.recall(POLICY, undefined)).toBeUndefined();
  expect(cache.status()).toMatchObject({ entries: 1, hits: 1, misses: 2 });
});

it("reports each reuse to admission, and keeps the fields for the decision log", () => {
  keep("a");
  recall("a");
  expect(recall("a")?.trace).toEqual({ mode: "enforce" });
  expect(reuses).toBe(2);
});

describe("never keeps", () => {
  it("an Allow that must not be reused", () => {
    expect(keep("a", allowOf(undefined))).toBeUndefined();
    expect(recall("a")).toBeUndefined();
  });

  it("an Allow of report mode, because createAllow gives it no validity", () => {
    const denied = createDeny({ reason: "token_missing" }, EVIDENCE);
    expect(keep("a", createAllow({ headers: {} }, EVIDENCE, denied))).toBeUndefined();
  });

  it("an Allow that was decided while policies or keys changed", () => {
    const since = generation.count;
    generation.begin();
    expect(keep("a", ALLOW, since)).toBeUndefined();
    expect(recall("a")).toBeUndefined();
  });
});

describe("never returns", () => {
  it("a verdict of an earlier generation", () => {
    keep("a");
    generation.begin();
    expect(recall("a")).toBeUndefined();
    expect(cache.status()).toMatchObject({ entries: 0, bytes: 0, generation: 2 });
  });

  it.each<[what: string, validity: Validity, laterMs: number, isReused: boolean]>([
    ["before the end", { after: NOW - 1, before: NOW + 2 }, 1_999, true],
    ["at the end", { after: NOW - 1, before: NOW + 2 }, 2_000, false],
    ["before a minute is over", ALWAYS_VALID, 59_999, true],
    ["after a minute", ALWAYS_VALID, 60_000, false],
    ["when the clock was set back by a millisecond", ALWAYS_VALID, -1, false],
    ["when the clock was set back by an hour", ALWAYS_VALID, -3_600_000, false],
  ])("a verdict outside its time: %s", (_what, validity, laterMs, isReused) => {
    keep("a", allowOf(validity));
    clockMs += laterMs;
    expect(recall("a") !== undefined).toBe(isReused);
  });

  it.each<[what: string, policy: typeof POLICY, key: VerdictKey]>([
    ["of another policy, although both have the same text", compilePolicy(), keyOf("a")],
    ["of a token that has another start, but the same signature", POLICY, keyOf(`b${"s".repeat(100)}`)],
    ["of a token that equals the end of another token", POLICY, keyOf("s".repeat(100))],
    ["of another request with the same token", POLICY, { ...keyOf(`a${"s".repeat(100)}`), rest: "POST" }],
  ])("a verdict %s", (_what, policy, key) => {
    keep("a");
    keep(`a${"s".repeat(100)}`);
    expect(cache.recall(policy, key)).toBeUndefined();
    expect(recall("a")).toBeDefined();
    expect(recall(`a${"s".repeat(100)}`)).toBeDefined();
  });
});

it("stays within its bounds, and forgets the oldest verdicts first", () => {
  for (let count = 0; count < 25_000; count += 1) {
    keep(`${"x".repeat(100)}${count}`);
  }
  const { entries, bytes } = cache.status();
  expect(entries).toBeLessThanOrEqual(20_000);
  expect(bytes).toBeLessThanOrEqual(32 * 1024 * 1024);
  expect(recall(`${"x".repeat(100)}24999`)).toBeDefined();
  expect(recall(`${"x".repeat(100)}0`)).toBeUndefined();
});

describe("hits that the guard reports", () => {
  it("count for the rule of the verdict", () => {
    const tally = keep("a")?.tally ?? -1;
    cache.addGuardHits(generation.process, [{ tally, hits: 40 }]);
    const judged = { policy: "payments", rule: "read", requests: 40, denied: 0, reported: 0, inReportMode: 0 };
    expect(counts.listJudged()).toEqual([judged]);
    expect(cache.status()).toMatchObject({ guardHits: 40, hits: 0 });
  });

  it("do not count if another process gave the verdict, or if the number is unknown", () => {
    keep("a");
    cache.addGuardHits("other", [{ tally: 0, hits: 40 }]);
    cache.addGuardHits(generation.process, [{ tally: 7, hits: 40 }]);
    expect(counts.listJudged()).toEqual([]);
  });
});

describe("while shared tokens are watched, the cache", () => {
  const id = { group: 1, tag: 1, third: 1, fourth: 1 };
  const token = { id, subject: "alice" };
  let [isRefused, isSuspect] = [false, false];
  const create = (countsClients: boolean): VerdictCache =>
    new VerdictCache({
      now: () => clockMs,
      generation,
      isForGuard: true,
      watch: { countsClients, isRefusedToken: () => isRefused, isSuspect: () => isSuspect },
      countGuardHits: () => {},
    });
  const keepIn = (watched: VerdictCache, own?: typeof token): KeptVerdict | undefined =>
    watched.keep(POLICY, keyOf("a"), ALLOW, generation.count, { trace: {}, token: own, onReuse: () => {} });
  const MARK = { countsClients: true };
  beforeEach(() => {
    [isRefused, isSuspect] = [false, false];
  });

  it("returns no verdict about a refused token", () => {
    const watched = create(true);
    keepIn(watched, token);
    expect(recall("a", watched)).toBeDefined();
    isRefused = true;
    expect(recall("a", watched)).toBeUndefined();
  });

  it("keeps a verdict for ten seconds, and otherwise for a minute", () => {
    const livesMs = [true, false].map((isCounted) => (keepIn(create(isCounted), token)?.beforeMs ?? 0) - clockMs);
    expect(livesMs).toEqual([10_000, 60_000]);
  });

  it("offers the guard no verdict about a suspect token, and no verdict to a guard that does not distinguish addresses", () => {
    const watched = create(true);
    const kept = keepIn(watched, token);
    expect(watched.isForGuardOf(kept, "203.0.113.7", MARK)).toBe(true);
    expect(watched.isForGuardOf(kept, "203.0.113.7", { countsClients: false })).toBe(false);
    expect(watched.isForGuardOf(kept, undefined, MARK)).toBe(false);
    isSuspect = true;
    expect(watched.isForGuardOf(kept, "203.0.113.7", MARK)).toBe(false);
    expect(watched.isForGuardOf(keepIn(watched), "203.0.113.7", { countsClients: false })).toBe(true);
    expect(create(false).isForGuardOf(kept, undefined, { countsClients: false })).toBe(true);
  });
});
