import { describe, expect, it } from "vitest";
import { simulate } from "./overload-simulation.ts";

/** Half of what one event loop can do, with 0.06 ms to read a request and 0.1 ms to judge it. */
const GOOD = { readMs: 0.06, goodMs: 0.1, goodPerSecond: 3_000, pauseMs: 0.3 };
const SECONDS = 2;
/** A request through a quiet Kong takes about 2 ms. The plugin server needs 0.2 ms of this time. */
const TEN_QUIET_MS = 20;

describe("a good client at half of the capacity, in a model of the event loop", () => {
  it.each<[floodMs: number, floodConnections: number]>([
    [0.1, 100],
    [0.1, 500],
    [0.3, 100],
    [0.3, 500],
    [1, 100],
    [1, 500],
  ])(
    "is served while requests of %d ms come over %d connections from its own address",
    async (floodMs, floodConnections) => {
      const load = { ...GOOD, floodMs, floodConnections, floodAddress: "good" };
      const { medianMs, servedShare } = await simulate(load, SECONDS);
      expect(servedShare).toBeGreaterThan(0.98);
      expect(medianMs).toBeLessThan(TEN_QUIET_MS);
      const without = await simulate(load, SECONDS, false);
      expect(without.medianMs).toBeGreaterThan(TEN_QUIET_MS);
    },
  );

  it("has the same wait with and without admission control if there is no flood", async () => {
    const quiet = { ...GOOD, floodMs: 0, floodConnections: 0, floodAddress: "flood" };
    const { medianMs, servedShare } = await simulate(quiet, SECONDS);
    expect(medianMs).toBe((await simulate(quiet, SECONDS, false)).medianMs);
    expect(servedShare).toBeGreaterThan(0.999);
  });
});
