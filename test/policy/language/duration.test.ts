import { describe, expect, it } from "vitest";
import { durationSeconds } from "../../../plugin/policy/language/duration.ts";

describe("seconds of a duration", () => {
  it.each([
    ["0s", 0],
    ["30s", 30],
    ["5m", 300],
    ["2h", 7200],
    ["1d", 86_400],
  ])("%s is %i", (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });

  it.each(["30", "", "30w", "s30"])("refuses %j, which the schema also refuses", (text) => {
    expect(() => durationSeconds(text)).toThrow(RangeError);
  });
});
