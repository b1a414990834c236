import { describe, expect, it, onTestFinished, vi } from "vitest";
import { succeed } from "../../../plugin/core/model/result.ts";
import { watchReadiness } from "../../../plugin/runtime/versions/readiness.ts";
import { AUDIENCE, compileDocument, ISSUER, policyDocument } from "../../core/fixtures.ts";
import { silentLog } from "../../logs.ts";

describe("the checks of a process that is not ready", () => {
  /**
   * @param costMs how long one look takes.
   * @param listMs how long listing the files takes.
   */
  function watch(costMs = 0, listMs = 0) {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    onTestFinished(() => void vi.useRealTimers());
    let looks = 0;
    let listed = Promise.resolve(["a.yaml"]);
    const load = succeed(compileDocument(policyDocument({ issuer: ISSUER, audiences: [AUDIENCE] })));
    const readiness = watchReadiness({
      listFiles() {
        looks += 1;
        vi.advanceTimersByTime(listMs);
        return listed;
      },
      preloadFile: async () => load,
      keys: {
        prepare: async () => {},
        findMissing() {
          vi.advanceTimersByTime(costMs);
          return ["acme"];
        },
      },
      log: silentLog,
    });
    return {
      readiness,
      looks: () => looks,
      listLater() {
        let list = (_files: string[]): void => {};
        listed = new Promise((resolve) => {
          list = resolve;
        });
        return () => list(["a.yaml"]);
      },
    };
  }

  it.each([
    ["ten times a second", 0, 0, 100],
    ["less often if they take longer, for a twentieth of the time", 20, 0, 400],
    ["less often if listing the files takes longer", 5, 15, 400],
    ["at least every five seconds", 1_000, 0, 5_000],
  ])("come %s", async (_what, costMs, listMs, delayMs) => {
    const { looks } = watch(costMs, listMs);
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(delayMs - 1);
    expect(looks()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks()).toBe(2);
  });

  it("come less often the longer the process has waited", async () => {
    const { looks } = watch();
    const looksIn = async (ms: number): Promise<number> => {
      const before = looks();
      await vi.advanceTimersByTimeAsync(ms);
      return looks() - before;
    };
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await looksIn(10_000)).toBeLessThanOrEqual(20); // After 10 to 20 seconds, the pauses have 0.5 to 1 seconds.
    await vi.advanceTimersByTimeAsync(100_000);
    expect(await looksIn(60_000)).toBe(12);
  });

  it("end when it is stopped, between two checks or during one", async () => {
    const { readiness, looks } = watch();
    await vi.advanceTimersByTimeAsync(0);
    readiness.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(looks()).toBe(1);
    const other = watch();
    const list = other.listLater();
    await vi.advanceTimersByTimeAsync(100);
    other.readiness.stop();
    list();
    await vi.advanceTimersByTimeAsync(60_000);
    expect([other.looks(), vi.getTimerCount()]).toEqual([2, 0]);
  });
});
