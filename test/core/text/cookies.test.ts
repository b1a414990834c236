import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCookies, removeCookie } from "../../../plugin/core/text/cookies.ts";
import { runsOf } from "../../runs.ts";
import { countSteps } from "./counted-text.ts";
import { readCookiesByParts, removeCookieByParts } from "./parts-reference.ts";

const NAME = "__Host-token";

describe("the values of a cookie", () => {
  it.each<[header: string, values: readonly string[]]>([
    ["", []],
    ["a=b", []],
    ["__Host-token=x", ["x"]],
    ["a=b; __Host-token=x; c=d", ["x"]],
    ["a=b;__Host-token=x;c=d", ["x"]],
    ["a=b; \t __Host-token=x", ["x"]],
    ["__Host-token=", [""]],
    ["__Host-token=x=y", ["x=y"]],
    ["__Host-token=unclear", ["unclear"]],
    ["__Host-token=x; __Host-token=y", ["x", "y"]],
    ["__Host-token=x; __Host-token=y; __Host-token=z", ["x", "y"]],
    // The code that knows the form of a token checks these contents later.
    ['__Host-token="x"', ['"x"']],
    ["__Host-token=x ; a=b", ["x "]],
    // None of these names is the cookie's name.
    ["__host-token=x", []],
    ["__Host-token2=x; x__Host-token=x", []],
    ["%5F_Host-token=x", []],
    ["a=__Host-token=x", []],
    ["=__Host-token=x", []],
    ["a=b, __Host-token=x", []],
  ])("in %j are %j", (header, values) => {
    expect(readCookies(header, NAME)).toEqual(values);
  });

  it.each([
    ...["__Host-token =x", "__Host-token\t=x", "__Host-token", " __Host-token ; a=b", "a=b; __Host-token"],
    ...["\u00a0__Host-token=x", "__Host-token=x; __Host-token =y"],
    // Python drops characters of this kind. The first byte of the third character is not UTF-8, but it is a space that
    // JavaScript drops.
    ...["\u001c__Host-token=x", "__Host-token\u0085=x", "a=b; \ufffd__Host-token=x", "a=b; \u007f\u007f__Host-token=x"],
  ])("are unclear in %j", (header) => {
    expect(readCookies(header, NAME)).toBeUndefined();
  });
});

describe("a header without the cookie", () => {
  it.each<[header: string, rest: string]>([
    ["__Host-token=x", ""],
    ["__Host-token=x;", ""],
    ["__Host-token=x; a=b", "a=b"],
    ["a=b; __Host-token=x", "a=b"],
    ["a=b; __Host-token=x; c=d", "a=b; c=d"],
    ["a=b;  c=d;__Host-token=x;;e", "a=b;  c=d;;e"],
    ["__Host-token=x; a=b; __Host-token=y", "a=b"],
    ["__Host-token =x; __Host-token; a=b", "a=b"],
    ["\ufffd__Host-token=x; a=b; __Host-token\u001f=y", "a=b"],
    [" a=b ", " a=b "],
    // PHP, ASP.NET and old Java servers read these names as the cookie's name.
    ["a=b; __host-token=x", "a=b"],
    ["a=b; ..Host-token=x; _.HOST-TOKEN[]=y", "a=b"],
    ["%5F_Host-token=x; %255F_Host-token=y; a=b", "a=b"],
    ["a=b, __Host-token=x; c=d", "c=d"],
    ["a=b, __Host-token=x=y; c=d", "c=d"],
    ["a=b, __Host-token; c=d", "c=d"],
    ["__Host-tokem=x; __Most-token=y", "__Host-tokem=x; __Most-token=y"],
    ["__Host-token2=x; x__Host-token=x; a=__Host-token", "__Host-token2=x; x__Host-token=x; a=__Host-token"],
  ])("%j is %j", (header, rest) => {
    expect(removeCookie(header, NAME)).toBe(rest);
  });
});

it.each([
  "__Host-token=x; ",
  "__Host-token;",
  "__Host-token; ",
  " __\u007fHost-\u0001token\u0080\t=x;",
  "__Host-token=\x21;",
])("a hundred cookies %j never make the search give up, so other names that begin alike stay", (own) => {
  expect(removeCookie(`${own.repeat(100)}__Host-token2=y`, NAME)).toBe("__Host-token2=y");
});

it.each(["!__Host-token=x", "~__Host-token=x", "__Host-token~=x", "__Host-token!"])("the cookie %j stays", (header) => {
  expect(removeCookie(header, NAME)).toBe(header);
});

const text = fc.string({ unit: fc.constantFrom(...'abT_-=" \t,%é'), maxLength: 12 });
const own = fc
  .tuple(fc.constantFrom("", " ", "\t "), fc.constantFrom("", " "), fc.constantFrom("=", "=x", '="x"', ""))
  .map(([before, behind, rest]) => `${before}${NAME}${behind}${rest}`);

it("in any header, all other parts keep their bytes and order, and no part stays that some server reads as the cookie", () => {
  const isOwn = (part: string): boolean => part.split("=")[0]?.trim() === NAME;
  const header = fc.array(fc.oneof(text, own), { maxLength: 8 }).map((parts) => parts.join(";"));
  fc.assert(
    fc.property(header, (sent) => {
      const others = sent.split(";").filter((part) => !isOwn(part));
      const rest = removeCookie(sent, NAME);
      const first = sent.split(";").some(isOwn) ? (others[0] ?? "").replace(/^[ \t]+/, "") : others[0];
      const expected = [first ?? "", ...others.slice(1)].join(";");
      // White space between the header's name and the first pair is not a part of the pair.
      expect(rest).toBe(expected.replace(/^[ \t]+$/, (all) => (others.length === 0 ? "" : all)));
      expect(readCookies(rest, NAME)).toEqual([]);
      expect(removeCookie(rest, NAME)).toBe(rest);
    }),
    { numRuns: runsOf(2000) },
  );
});

describe("the scanner", () => {
  const hostile = fc.string({ unit: fc.constantFrom(..."t;= \t\u0000\u007f\u00a0\u0100"), maxLength: 40 });
  const expectSameAsSlowReader = (header: string, name: string): void => {
    expect(readCookies(header, name)).toEqual(readCookiesByParts(header, name)?.slice(0, 2));
    expect(removeCookie(header, name)).toBe(removeCookieByParts(header, name));
  };

  it("reads and removes the same cookies as a slow reader, which splits the header and compares each name", () => {
    const names = fc.constantFrom("t", "tt", "ttt");
    fc.assert(fc.property(hostile, names, expectSameAsSlowReader), { numRuns: runsOf(10_000) });
  });

  const nearly = fc
    .tuple(
      fc.constantFrom("", " ", "a=b, ", "\u00a0", "[", "x"),
      fc.constantFrom("__Host", "__host", "_.Host", "%5F_Host", "__%2548ost", "Host"),
      fc.constantFrom("-", "_", " -", "%2d"),
      fc.constantFrom("token", "tok en", "TOKEN", "token2"),
      fc.constantFrom("", "[]", ".a", "%00", " "),
      fc.constantFrom("", "=x", "=x, __Host-token=y", "=x,y"),
    )
    .map((parts) => parts.join(""));

  it("sees every spelling that the slow reader sees, and no other", () => {
    const headers = fc.array(fc.oneof(nearly, hostile), { maxLength: 4 }).map((parts) => parts.join(";"));
    fc.assert(fc.property(headers, fc.constant(NAME), expectSameAsSlowReader), { numRuns: runsOf(20_000) });
  });

  const hostileHeaders: readonly (readonly [what: string, unit: string])[] = [
    ["empty cookies", ";"],
    ["crumbs of HTTP/2", "; "],
    ["cookies of that name", "t=;"],
    ["names that begin alike", "tt;"],
    ["spaces", " "],
    ["spaces before each cookie", `${" ".repeat(100)}tt=;`],
    ["spaces within a name", `t${" ".repeat(10_000)}`],
    ["lost bytes", "\ufffd"],
  ];

  it.each(hostileHeaders)("reads each character of %s at most six times while it removes the cookie", (_, unit) => {
    const header = unit.repeat(30_000 / unit.length);
    expect(countSteps(header, (text) => removeCookie(text, "t"))).toBeLessThanOrEqual(6 * header.length);
  });

  it.each(hostileHeaders)("reads very many %s in a time that grows with their length", (_, unit) => {
    // Quadratic time would take minutes, and the test would time out.
    const header = unit.repeat(2_000_000 / unit.length);
    for (const text of [header, `t${header}`, `${header}t`]) {
      readCookies(text, "t");
      readCookies(text, NAME);
    }
  });
});
