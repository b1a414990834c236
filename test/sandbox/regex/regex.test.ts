import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRegex } from "../../../sandbox/regex/run-regex.ts";
import { runsOf } from "../../runs.ts";

describe("a regular expression of Kong's router", () => {
  it.each<[pattern: string, text: string, start: string | undefined]>([
    ["/orders/\\d+$", "/orders/42", "/orders/42"],
    ["/orders/\\d+$", "/orders/42/x", undefined],
    ["/orders/\\d+", "/orders/42/x", "/orders/42"],
    ["/orders/(?<id>[0-9a-f-]{3})/items", "/orders/1-f/items/7", "/orders/1-f/items"],
    ["/(?P<a>a|ab)(?:c|bcd)", "/abcd", "/abcd"],
    ["/(a|ab)(c|bcd)?", "/abc", "/a"],
    ["/a+?", "/aaa", "/a"],
    ["/a{2,}b?", "/aaab", "/aaab"],
    ["/a{2}", "/aaa", "/aa"],
    ["/(?i)API/[^/]+", "/aPi/x y/z", "/aPi/x y"],
    ["/(?i:a)b", "/Ab", "/Ab"],
    ["/(?i:a)b", "/AB", undefined],
    ["/[[:alpha:]_-]+\\.[\\w]{1,3}", "/a_b-c.txt", "/a_b-c.txt"],
    ["/[\\]\\-^]+", "/]-^x", "/]-^"],
    ["/[]a]+", "/]a]", "/]a]"],
    ["/\\p{Greek}\\pL\\P{L}", "/λä1", "/λä1"],
    ["/\\x41\\u{1F600}\\.", "/A😀.", "/A😀."],
    ["/a\\b.b\\B", "/a-bb", "/a-b"],
    ["/.*", "/a\nb", "/a"],
    ["/(?s).*", "/a\nb", "/a\nb"],
    ["/(?:(?:a*)*)*c", `/${"a".repeat(50)}`, undefined],
    ["/\\d", "/٣", "/٣"],
    ["", "/x", ""],
  ])("%s on %j", (pattern, text, start) => {
    expect(compileRegex(pattern).matchStart(text)).toBe(start);
  });

  it("matches anywhere if Kong does not anchor it, in headers", () => {
    expect(compileRegex("v[12]$").isIn("api-v2")).toBe(true);
    expect(compileRegex("v[12]$").isIn("api-v2.1")).toBe(false);
    expect(compileRegex("^v").isIn("av")).toBe(false);
  });

  it.each<[pattern: string, why: RegExp]>([
    ["/(?=a)", /no look-around/],
    ["/(?<!a)b", /no look-around/],
    ["/(a)\\1", /no back references/],
    ["/[a-z&&[b]]", /not supported by the sandbox/],
    ["/(a", /not closed/],
    ["/a)", /not opened/],
    ["/[a", /not closed/],
    ["+", /nothing to repeat/],
    ["/a{3,1}", /has a minimum above its maximum/],
    ["/[z-a]", /is not a valid range/],
    ["/\\q", /means nothing/],
    ["/\\p{Nope}", /not a class/],
    ["/(?>a)", /not supported/],
    ["/(a{100}){100}", /too large/],
    ["/a\\", /ends too early/],
    [`/${"(".repeat(60)}${")".repeat(60)}`, /nested more than/],
  ])("%s is refused with the reason", (pattern, why) => {
    expect(() => compileRegex(pattern)).toThrow(why);
  });

  it.each([
    ["/orders/\\d+$", "/orders/1"],
    ["/users/(?<id>[0-9a-f]{8}-[0-9a-f]{4})/?", "/users/11111111-1111/"],
    ["/(?:v1|v2)/.*", "/v1/1"],
    ["/a$b", undefined],
  ])("%s has an example", (pattern, example) => {
    expect(compileRegex(pattern).example).toBe(example);
  });

  it("needs a short time for an expression with which other engines hang", () => {
    const { matchStart } = compileRegex("/(a+)+(a|aa)*(.*)*(.*)*=$");
    expect(matchStart(`/${"a".repeat(4_000)}`)).toBeUndefined();
  });

  it("matches like JavaScript, which has the same preferences", () => {
    const atom = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\d", "(a|ab)", "(?:b|)", "(a*)", "(?:ab?)+");
    const quantifier = fc.constantFrom("", "", "*", "+", "?", "{1,2}", "*?", "+?", "{2}");
    const pattern = fc
      .array(fc.tuple(atom, quantifier), { maxLength: 4 })
      .map((parts) => parts.map(([one, count]) => `(?:${one})${count}`).join(""));
    const ended = fc.tuple(pattern, fc.constantFrom("", "$")).map((parts) => parts.join(""));
    fc.assert(
      fc.property(ended, fc.string({ unit: fc.constantFrom("a", "b", "1"), maxLength: 8 }), (written, text) => {
        expect(compileRegex(written).matchStart(text)).toBe(new RegExp(`^(?:${written})`, "u").exec(text)?.[0]);
      }),
      { numRuns: runsOf(20_000) },
    );
  });
});
