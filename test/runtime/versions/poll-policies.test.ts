import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { delayAfter, pollPolicies } from "../../../plugin/runtime/versions/poll-policies.ts";

const POLL_MS = 1_000;

describe("the time between two checks", () => {
  it.each([
    [0, POLL_MS],
    [4, POLL_MS],
    [4.4, 1_100],
    [116, 29_000],
    [1_000, 30_000],
  ])("after a check of %s ms is %s ms, so that checks use at most 0.4 % of a processor", (tookMs, delayMs) => {
    expect(delayAfter(tookMs, POLL_MS)).toBeCloseTo(delayMs);
  });
});

describe("policies are polled", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Counts checks, whose results the test sets. */
  function start(look: () => Promise<{ tookMs: number; hasChanges: boolean }>) {
    let looks = 0;
    const stop = pollPolicies(
      {
        look() {
          looks += 1;
          return look().then((found) => ({ ...found, readings: Promise.resolve() }));
        },
      },
      POLL_MS,
    );
    return { stop, looks: () => looks };
  }

  it("and one long check does not delay the next check, but three long checks in a row do", async () => {
    let tookMs = 1;
    const { looks, stop } = start(async () => ({ tookMs, hasChanges: false }));
    await vi.advanceTimersByTimeAsync(POLL_MS);
    tookMs = 100;
    await vi.advanceTimersByTimeAsync(3 * POLL_MS);
    expect(looks()).toBe(4);
    await vi.advanceTimersByTimeAsync(24_999);
    expect(looks()).toBe(4);
    await vi.advanceTimersByTimeAsync(1);
    expect(looks()).toBe(5);
    stop();
  });

  it("and long checks are further apart, until one finds a change", async () => {
    let hasChanges = false;
    const { looks, stop } = start(async () => ({ tookMs: 12, hasChanges }));
    await vi.advanceTimersByTimeAsync(POLL_MS + 2_999);
    expect(looks()).toBe(1);
    hasChanges = true;
    await vi.advanceTimersByTimeAsync(1);
    expect(looks()).toBe(2);
    await vi.advanceTimersByTimeAsync(POLL_MS);
    expect(looks()).toBe(3);
    stop();
  });

  it("and a failed check is repeated", async () => {
    const { looks, stop } = start(() => Promise.reject(new Error("the thread ended")));
    await vi.advanceTimersByTimeAsync(3 * POLL_MS);
    expect(looks()).toBe(3);
    stop();
  });

  it("until polling is stopped, also during a check", async () => {
    let finish = (): void => {};
    const { looks, stop } = start(
      () =>
        new Promise((resolve) => {
          finish = () => resolve({ tookMs: 0, hasChanges: false });
        }),
    );
    await vi.advanceTimersByTimeAsync(POLL_MS);
    stop();
    finish();
    await vi.advanceTimersByTimeAsync(10 * POLL_MS);
    expect(looks()).toBe(1);
  });
});
