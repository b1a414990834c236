import { describe, expect, it } from "vitest";
import { refreshDelayMs, retryDelayMs } from "../../../plugin/keys/life/refresh-delay.ts";
import { compileIssuer } from "../../core/fixtures.ts";
import { TIMINGS } from "./issuer-scene.ts";

const { keyRefresh } = compileIssuer({ key_refresh: { min: "1m", max: "15m", cooldown: "30s" } });
const at = (random: number) => ({ ...TIMINGS, retryMs: 1_000, random: () => random });

describe("a good set is fetched again when it is no longer fresh", () => {
  it.each<[freshForSeconds: number | undefined, delaySeconds: number]>([
    [undefined, 300],
    [0, 60],
    [59, 60],
    [60, 60],
    [61, 61],
    [900, 900],
    [901, 900],
    [31_536_000, 900],
  ])("and the provider says %s: after %i s", (freshForSeconds, delaySeconds) => {
    expect(refreshDelayMs(keyRefresh, at(0), freshForSeconds)).toBe(delaySeconds * 1000);
  });

  it("up to a tenth earlier, and never later, so that processes that start together fetch at different times", () => {
    expect([0.5, 1].map((random) => refreshDelayMs(keyRefresh, at(random), 600))).toEqual([570_000, 540_000]);
  });
});

describe("after failures the next attempt comes", () => {
  const seconds = (hasKeys: boolean, random: number) =>
    [1, 2, 3, 4, 5, 6, 7, 1000].map((failures) => retryDelayMs(keyRefresh, at(random), failures, hasKeys) / 1000);

  it("soon if there are no keys, and after the cooldown at the latest", () => {
    expect(seconds(false, 0)).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
    expect(seconds(false, 1)).toEqual([0.5, 1, 2, 4, 8, 15, 15, 15]);
  });

  it("with keys after the cooldown and not earlier, and after the longest refresh at the latest", () => {
    expect(seconds(true, 0)).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    expect(seconds(true, 1)).toEqual([45, 90, 180, 360, 720, 900, 900, 900]);
  });
});
