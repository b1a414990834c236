import { describe, expect, it } from "vitest";
import { andNearMiss, describeNearMiss } from "../../../plugin/core/detail/near-miss.ts";

describe("a value that differs only a little from an expected value", () => {
  it.each<[value: string, expected: string, difference: string | undefined]>([
    ["https://a/", "https://a", "the trailing slash"],
    ["a b ", "ab", "white space"],
    ["a  b", "a\tb", "white space"],
    ["Admin", "admin", "upper and lower case"],
    ["http://a/x", "https://a/x", "http instead of https"],
    ["https://a:8443/x", "https://a/x", "the port"],
    ["http://host:80", "http://host", "the port"],
    ["https://a:12345", "https://a", "the port"],
    ["a", "https://a", "the scheme at its start"],
    ["urn:a", "A:a", "the scheme at its start"],
    ["abcdefghijklmnopqrstu:a", "a", "the scheme at its start"],
    ["https://a/x/y", "https://a/z", "the path after the host"],
    ["http://host/x", "http://host", "the path after the host"],
    ["https://a/x\ny", "https://a", "the path after the host"],
    ["HTTPS://A:1/", "https://a", "the spelling of the URL"],
    ["http://a b:1", "https://ab", "the spelling of the URL"],
    // Differences that are too large. Also differences that only look small.
    ["a", "b", undefined],
    ["stra\u00dfe", "STRASSE", undefined],
    ["a/http:b", "a/https:b", undefined],
    ["-https://a:1", "-https://a", undefined],
    ["https://a:123456", "https://a", undefined],
    ["abcdefghijklmnopqrstuv:a", "a", undefined],
    ["-a:b", "-b", undefined],
    ["URN:A", "a", undefined],
    ["-https://a/b", "-https://a/c", undefined],
    ["HTTPS://A/x", "https://a/y", undefined],
    ["https:///x", "https:///y", undefined],
  ])("%j and %j: %s", (value, expected, difference) => {
    const named = difference === undefined ? undefined : `differs only by ${difference}`;
    expect([describeNearMiss(value, [expected]), describeNearMiss(expected, [value])]).toEqual([named, named]);
    expect(andNearMiss(value, ["z", expected])).toBe(named === undefined ? "" : `; it ${named}`);
  });

  it("is named by the smallest difference from any expected value", () => {
    expect(describeNearMiss("https://a", ["a", "https://a/"])).toBe("differs only by the trailing slash");
  });
});

describe("limits of the comparison", () => {
  const slash = "differs only by the trailing slash";
  it.each<[length: number, found: string | undefined]>([
    [1_024, slash],
    [1_025, undefined],
  ])("a value or an expected value of %i characters", (length, found) => {
    const long = `${"a".repeat(length - 1)}/`;
    const short = long.slice(0, -1);
    expect([describeNearMiss(long, [short]), describeNearMiss(short, [long])]).toEqual([found, found]);
  });

  it("at most twenty expected values, and values that are too long do not count", () => {
    const others = Array.from({ length: 20 }, (_, index) => `other-${index}`);
    expect(describeNearMiss("a/", [...others.slice(1), "a"])).toBe(slash);
    expect(describeNearMiss("a/", [...others, "a"])).toBeUndefined();
    expect(describeNearMiss("a/", [...others.map((text) => text.padEnd(1_025)), "a"])).toBe(slash);
  });
});
