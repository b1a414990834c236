import { describe, expect, it } from "vitest";
import { readFreshness, readServerTime } from "../../../plugin/keys/fetch/freshness.ts";

const NOW = Date.parse("Sun, 22 Nov 2026 12:00:00 GMT");
const DATE = "Sun, 22 Nov 2026 11:00:00 GMT";
const LATER = "Sun, 22 Nov 2026 11:10:00 GMT";

describe("an answer is fresh", () => {
  it.each<[what: string, headers: Record<string, string>, seconds: number | undefined]>([
    ["for an unknown time, if the answer does not say", {}, undefined],
    ["nor with directives about other things", { "cache-control": "public, must-revalidate" }, undefined],
    ["for max-age", { "cache-control": "max-age=600" }, 600],
    [
      "for max-age in upper or lower case, with blanks and quotes",
      { "cache-control": 'public ,\tMax-Age = "600"' },
      600,
    ],
    ["for the rest of max-age", { "cache-control": "max-age=600", age: "599" }, 1],
    ["not at all when the answer is already as old as max-age", { "cache-control": "max-age=600", age: "600" }, 0],
    ["no longer when it is older", { "cache-control": "max-age=600", age: "9999" }, 0],
    ["for max-age when its age cannot be read", { "cache-control": "max-age=600", age: "-5" }, 600],
    ["not at all with max-age=0", { "cache-control": "max-age=0" }, 0],
    ["not at all with no-store", { "cache-control": "max-age=600, no-store" }, 0],
    ["not at all with no-cache", { "cache-control": "no-cache, max-age=600" }, 0],
    ["not at all with no-cache of one field", { "cache-control": 'no-cache="set-cookie", max-age=600' }, 0],
    ["for max-age when no-store is only quoted", { "cache-control": 'x="no-store, max-age=1", max-age=600' }, 600],
    ["for max-age, with any directive for shared caches", { "cache-control": "s-maxage=5, max-age=600" }, 600],
    ["not at all when max-age cannot be read", { "cache-control": "max-age=ten" }, 0],
    ["not at all when max-age has a unit", { "cache-control": "max-age=600s" }, 0],
    ["not at all when max-age has a prefix", { "cache-control": "max-age=x600" }, 0],
    ["not at all when max-age has eleven digits", { "cache-control": "max-age=12345678901" }, 0],
    ["for max-age of ten digits", { "cache-control": "max-age=1234567890" }, 1_234_567_890],
    ["not at all when max-age has no value", { "cache-control": "max-age" }, 0],
    ["not at all when max-age is negative", { "cache-control": "max-age=-1" }, 0],
    ["not at all when two max-age disagree", { "cache-control": "max-age=600, max-age=60" }, 0],
    ["for max-age that comes twice", { "cache-control": "max-age=600, max-age=600" }, 600],
    ["for max-age, whatever Expires says", { "cache-control": "max-age=60", expires: LATER, date: DATE }, 60],
    ["from Date to Expires", { expires: LATER, date: DATE }, 600],
    ["from now to Expires, without a date", { expires: "Sun, 22 Nov 2026 12:01:00 GMT" }, 60],
    ["no longer when Expires is past", { expires: DATE, date: LATER }, 0],
    ["not at all when Expires is 0", { expires: "0" }, 0],
    ["not at all when Expires cannot be read", { expires: "tomorrow GMT" }, 0],
    ["not at all when Expires is in no time zone", { expires: "2027-01-01T00:00:00" }, 0],
  ])("%s", (_what, headers, seconds) => {
    expect(readFreshness(headers, NOW)).toBe(seconds);
  });

  it("even from a header of 600 kB, for which a reader with backtracking would need minutes", () => {
    const hostile = [`a${" ".repeat(300_000)}b="${"\\\\".repeat(150_000)}`, "a,".repeat(300_000)];
    expect(hostile.map((text) => readFreshness({ "cache-control": `${text},max-age=60` }, NOW))).toEqual([60, 60]);
  });
});

describe("the server's time", () => {
  const TIME = Date.parse(DATE);
  it.each<[what: string, headers: Record<string, string>, time: number | undefined]>([
    ["is unknown without a date", { age: "5" }, undefined],
    ["is the date of the answer", { date: DATE }, TIME],
    ["is later than the date by the age of a stored answer", { date: DATE, age: "90" }, TIME + 90_000],
    ["is the date if the age cannot be read", { date: DATE, age: "-90" }, TIME],
    ["is unknown if the date cannot be read", { date: "tomorrow GMT" }, undefined],
    ["is unknown if the date has another time zone", { date: "Sun, 22 Nov 2026 11:00:00 +0100" }, undefined],
  ])("%s", (_what, headers, time) => {
    expect(readServerTime(headers)).toBe(time);
  });
});
