import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PATH_SEGMENTS, splitPath } from "../../../plugin/core/request/request-path.ts";
import { runsOf } from "../../runs.ts";

describe("splits a path that has one reading", () => {
  it.each<[target: string, segments: string[]]>([
    ["/", [""]],
    ["/a", ["a"]],
    ["/a/", ["a", ""]],
    ["/a/b", ["a", "b"]],
    ["/a?b=/../c;d", ["a"]],
    ["/?", [""]],
    ["/a.b/..c/.d/e..", ["a.b", "..c", ".d", "e.."]],
    ["/-._~!$&'()*+,=:@", ["-._~!$&'()*+,=:@"]],
    ["/%61%7a%7E", ["az~"]],
    ["/caf%C3%A9", ["café"]],
    ["/a%20b", ["a b"]],
    ["/a%3Fb%23c", ["a?b#c"]],
    ["/a%3fb/%F0%9F%98%80", ["a?b", "\u{1f600}"]],
  ])("%j", (target, segments) => {
    expect(splitPath(target)).toEqual(segments);
  });
});

describe("refuses a path that can be read in more than one way", () => {
  it.each<[what: string, targets: string[]]>([
    ["no slash in front", ["", "a", "*", "?a", "http://gateway/a", "gateway:443", "\\a"]],
    ["empty segments", ["//", "//a", "/a//b", "/a//", "/a/b//"]],
    ["dot segments", ["/.", "/..", "/a/./b", "/a/../b", "/a/.", "/a/..", "/..?x"]],
    ["encoded dots", ["/%2e", "/%2E%2e/a", "/.%2e/a", "/a%2Eb"]],
    ["encoded slashes", ["/a%2Fb", "/a%2fb", "/%2f", "/a%5Cb", "/a%5cb"]],
    ["raw backslashes", ["/a\\b", "/a/..\\b"]],
    ["path parameters", ["/a;b=c", "/a;", "/a/..;/b", "/a%3Bb", "/a%3bb"]],
    ["double encoding", ["/%252e", "/a%25", "/%2525"]],
    ["broken escapes", ["/%", "/a%2", "/%zz", "/%u002f", "/%-1"]],
    ["escapes that are not UTF-8", ["/%ff", "/%C3", "/%C0%AF", "/%E0%80%AF", "/%ED%A0%80", "/%F4%90%80%80"]],
    ["encoded control characters", ["/%00", "/a%0d%0a", "/%1F", "/%1f", "/%7F", "/%7f"]],
    ["raw control characters", ["/a\u0000", "/a\tb", "/a\r\nb", "/a\u007f"]],
    ["characters that must be escaped", ["/a b", '/a"b', "/a<b>", "/a^b", "/a`b", "/a{b}", "/a|b", "/[a]"]],
    ["a fragment", ["/a#b", "/#"]],
    ["characters beyond ASCII", ["/café", "/\uff0f", "/\u2024\u2024/a"]],
  ])("%s", (_what, targets) => {
    expect(targets.filter((target) => splitPath(target) !== undefined)).toEqual([]);
  });
});

it("reads one segment more than the longest template has, so that a longer path matches no template", () => {
  expect(splitPath("/a".repeat(MAX_PATH_SEGMENTS))).toHaveLength(MAX_PATH_SEGMENTS);
  expect(splitPath("/a".repeat(MAX_PATH_SEGMENTS + 1))).toHaveLength(MAX_PATH_SEGMENTS + 1);
  expect(splitPath("/a".repeat(5000))).toHaveLength(MAX_PATH_SEGMENTS + 1);
});

it("reads every accepted path like a browser, and never throws", () => {
  const unit = fc.constantFrom(..."/.%2eEfF5cC;?#\\a~ {é\t", "%41", "%C3%A9", "..");
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 10 }), (units) => {
      const target = `/${units.join("")}`;
      const segments = splitPath(target);
      if (segments) {
        const { pathname } = new URL(`http://gateway${target}`);
        expect(pathname.slice(1).split("/").map(decodeURIComponent)).toEqual(segments);
      }
    }),
    { numRuns: runsOf(3000) },
  );
});
