import { describe, expect, it } from "vitest";
import { formatAge, formatCount, formatNumber, formatRate, formatShare } from "../../../plugin/server/view/format.ts";

const SECOND = 1_000;

describe("numbers for people", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1_000, "1,000"],
    [1_234_567, "1,234,567"],
  ])("the count %d is %s", (count, text) => {
    expect(formatCount(count)).toBe(text);
  });

  it.each([
    [undefined, "–"],
    [0, "0"],
    [0.001, "<0.1"],
    [0.05, "0.1"],
    [0.96, "1.0"],
    [9.94, "9.9"],
    [9.95, "10"],
    [9.96, "10"],
    [12_345.6, "12,346"],
  ])("the rate %j is %s", (perSecond, text) => {
    expect(formatRate(perSecond)).toBe(text);
  });

  it.each([
    [0, 0, "–"],
    [0, 10, "0 %"],
    [10, 10, "100 %"],
    [1, 3, "33.3 %"],
    [11, 10, "100 %"],
    [1, 1_000, "0.1 %"],
    [5, 1_000, "0.5 %"],
    [999, 1_000, "99.9 %"],
    [1, 1_000_000, "<0.1 %"],
    [999_999, 1_000_000, ">99.9 %"],
  ])("the share %d of %d is %s", (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });

  it.each([
    [undefined, "–"],
    [-5, "0 s"],
    [999, "0 s"],
    [SECOND, "1 s"],
    [59.9 * SECOND, "59 s"],
    [60 * SECOND, "1 min"],
    [3_599 * SECOND, "59 min"],
    [3_600 * SECOND, "1 h"],
    [86_400 * SECOND - 1, "23 h"],
    [86_400 * SECOND, "1 d"],
    [3 * 86_400 * SECOND, "3 d"],
  ])("the age of %j ms is %s", (ms, text) => {
    expect(formatAge(ms)).toBe(text);
  });

  it("a noun has the number of its count", () => {
    expect([1, 2].map((count) => formatNumber(count, "policy", "policies"))).toEqual(["1 policy", "2 policies"]);
  });
});
