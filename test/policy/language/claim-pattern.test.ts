import { describe, expect, it } from "vitest";
import { fail } from "../../../plugin/core/model/result.ts";
import { compileClaimPattern } from "../../../plugin/policy/language/claim-pattern.ts";
import { unwrap } from "../../results.ts";

function fits(pattern: string, text: string): boolean {
  return unwrap(compileClaimPattern(pattern)).test(text);
}

describe("a pattern must match from the first to the last character", () => {
  it.each<[pattern: string, fitting: string[], others: string[]]>([
    ["acme", ["acme"], ["acme2", "2acme", "acme\n", "\nacme", "ACME", ""]],
    ["[a-z]+-prod", ["eu-prod"], ["-prod", "eu-prod-x", "EU-prod"]],
    ["a.c", ["abc", "a\nc", "a😀c"], ["ac", "abbc"]],
    ["\\d{4}-\\d{2}", ["2026-11"], ["2026-1", "x2026-11", "２０２６-11"]],
    ["x{2,3}", ["xx", "xxx"], ["x", "xxxx"]],
    ["x{2,}", ["xx", "xxxxx"], ["x"]],
    ["[^@]+@acme\\.com", ["a@acme.com"], ["a@b@acme.com", "a@acmexcom"]],
    ["a?b", ["ab", "b"], ["aab"]],
    ["\\w*", ["", "a_1"], ["ä", "-"]],
    ["[\\]\\-]", ["]", "-"], ["a"]],
  ])("%s", (pattern, fitting, others) => {
    expect(fitting.filter((text) => !fits(pattern, text))).toEqual([]);
    expect(others.filter((text) => fits(pattern, text))).toEqual([]);
  });
});

describe("is refused, because a sender could make it take long, or because readers could misunderstand it", () => {
  it.each([
    ...["(a+)+", "(a|aa)+", "a|b", "^a", "a$", "a**", "a+?", "(?=a)", "\\1", "\\b", "\\p{L}", "\\", "[a", "a{2", "{2}"],
    ...["*", "[]", "[b-a]", "x{3,2}", "a*b*c*", "a{1,9}b{1,9}c{1,9}", "a?b?c?d?e?"],
  ])("%s", (pattern) => {
    expect(compileClaimPattern(pattern)).toEqual(fail(expect.stringMatching(/.\.$/)));
  });
});

it("no pattern takes long for a string of 256 characters: the worst patterns need some thousand steps", () => {
  const worst = unwrap(compileClaimPattern("a?a?a?a?[a-z]*[a-z]*!"));
  for (let run = 0; run < 50; run += 1) {
    expect(worst.test("a".repeat(256))).toBe(false);
  }
});
