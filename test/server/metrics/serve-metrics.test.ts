import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import timers from "node:timers/promises";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { createPolicyStore } from "../../../plugin/runtime/load/policy-store.ts";
import { createRuntime, type Runtime } from "../../../plugin/runtime/runtime.ts";
import { createMetrics, type Metrics } from "../../../plugin/server/metrics/create-metrics.ts";
import { keepMetrics } from "../../../plugin/server/metrics/serve-metrics.ts";
import type { Lifecycle } from "../../../plugin/server/process/lifecycle.ts";
import { silentLog } from "../../logs.ts";
import { temporaryFolder } from "../../temporary-folder.ts";

let directory: string;
let runtime: Runtime;
beforeEach(() => {
  directory = temporaryFolder(onTestFinished);
  const compiler = createPolicyStore(directory);
  runtime = createRuntime({ policyRoot: directory, compiler, policyPollMs: 600_000, now: Date.now, log: silentLog });
});
afterEach(() => runtime.stop());

/** Keeps the counts beside the socket `place/s`, and writes them as often as possible. */
function keep(place: string, isOurs: () => boolean, log: (line: string) => void) {
  const lastTasks: (() => Promise<void>)[] = [];
  const lifecycle: Lifecycle = {
    isEnding: () => false,
    end() {},
    look() {},
    beforeExit(maxMs, task) {
      expect(maxMs, "the limit for the last counts").toBe(1_000);
      lastTasks.push(task);
    },
  };
  const metrics = createMetrics({ runtime, decisionLog: undefined, now: Date.now });
  let rounds = 0;
  const counted: Metrics = {
    ...metrics,
    snapshot() {
      rounds += 1;
      return metrics.snapshot();
    },
  };
  const read = keepMetrics({ metrics: counted, socket: join(place, "s"), isOurs, lifecycle, log, writeMs: 1 });
  /** Resolves when the process has tried to write some more times. */
  const tryAgain = (before = rounds) => expect.poll(() => rounds).toBeGreaterThan(before + 2);
  return { read, lastTasks, tryAgain };
}

// The first tests, because the processes of later tests never stop writing.
it.each<[what: string, tookMs: number, pauseMs: number]>([
  ["once a second, if writing takes at most a hundredth of this time", 10, 1_000],
  ["less often, if writing takes longer, because it may take only a hundredth of the time", 11, 1_100],
])("the counts are written %s", async (_what, tookMs, pauseMs) => {
  vi.useFakeTimers({ toFake: ["performance"] });
  let notePause = (_ms: number | undefined): void => {};
  const paused = new Promise<number | undefined>((resolve) => {
    notePause = resolve;
  });
  const sleep = vi.spyOn(timers, "setTimeout").mockImplementation((ms) => {
    notePause(ms);
    return new Promise(() => {});
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.useRealTimers();
    sleep.mockRestore();
    syncBuiltinESMExports();
  });
  const metrics = createMetrics({ runtime, decisionLog: undefined, now: Date.now });
  const slow: Metrics = {
    ...metrics,
    snapshot() {
      vi.advanceTimersByTime(tookMs);
      return metrics.snapshot();
    },
  };
  const lifecycle: Lifecycle = { isEnding: () => false, end() {}, look() {}, beforeExit() {} };
  keepMetrics({ metrics: slow, socket: join(directory, "s"), isOurs: () => false, lifecycle, log() {} });
  expect(await paused).toBe(pauseMs);
});

it("a process that cannot write its counts says why, once for each cause, and writes the counts when it can", async () => {
  const place = join(directory, "place");
  const lines: string[] = [];
  const { read, lastTasks, tryAgain } = keep(
    place,
    () => true,
    (line) => lines.push(line),
  );
  const why = expect.stringMatching(/^counts cannot be kept for the next process: ENOENT/);
  const isWritten = (): boolean => readdirSync(place).some((name) => /^s\.counts\.\w+$/.test(name));
  await tryAgain();
  expect(lines).toEqual([why]);
  mkdirSync(place);
  await expect.poll(isWritten).toBe(true);
  expect((await read()).text).toContain("jwt_policy_");
  rmSync(place, { recursive: true, maxRetries: 5 });
  await tryAgain();
  expect(lines).toEqual([why, why]);
  mkdirSync(place);
  await Promise.all(lastTasks.map((task) => task()));
  expect([lastTasks.length, isWritten()]).toEqual([1, true]);
});

it("only the process that listens on the socket takes over the counts of ended processes", async () => {
  const ended = join(directory, "s.counts.ab");
  writeFileSync(ended, '{"jwt_policy_counts":1,"id":"ab","process":{"pid":999999999},"included":[],"metrics":[]}');
  let isOurs = false;
  let rounds = 0;
  keep(
    directory,
    () => {
      rounds += 1;
      return isOurs;
    },
    () => {},
  );
  await expect.poll(() => rounds).toBeGreaterThan(1);
  expect(existsSync(ended)).toBe(true);
  isOurs = true;
  await expect.poll(() => existsSync(ended)).toBe(false);
});
