import { describe, expect, test } from "vitest";
import {
  escapePath,
  isAcceptedPath,
  joinStrippedPath,
  joinUpstreamPath,
  normalizePath,
} from "../../../sandbox/config/request-path.ts";

describe("the normal form of a path is Kong's", () => {
  test.each([
    ["/", "/"],
    ["/a", "/a"],
    ["/a/", "/a/"],
    ["//", "/"],
    ["/a//b///c", "/a/b/c"],
    ["/a/./b/.", "/a/b/"],
    ["/a/../b", "/b"],
    ["/a/b/..", "/a/"],
    ["/..", "/"],
    ["/...", "/..."],
    ["/%61%2e%2E/b", "/a../b"],
    ["/a/%2e%2e/b", "/b"],
    ["/a%2fb", "/a%2Fb"],
    ["/a%3fb%25", "/a%3Fb%25"],
    ["/%20%ff", "/ \xff"],
  ])("%s → %s", (path, expected) => {
    expect(normalizePath(path)).toBe(expected);
  });

  test("characters that are not allowed in a request line are encoded for the upstream", () => {
    expect(escapePath('/ \xff"a%2F~')).toBe("/%20%FF%22a%2F~");
  });
});

describe("nginx refuses broken encodings, NUL, and climbing above the root", () => {
  test.each([
    ["/a%20b", true],
    ["/a%2f..%2fb", true],
    ["/a/b/../..", true],
    ["/a#/../..", true],
    ["/..", false],
    ["/a/../../b", false],
    ["/a/..%2f..%2fb", false],
    ["/a//../..", false],
    ["/%zz", false],
    ["/%4", false],
    ["/%00", false],
    ["*", false],
    ["", false],
  ])("%s → %s", (path, expected) => {
    expect(isAcceptedPath(path)).toBe(expected);
  });
});

describe("the upstream path joins the paths of the service and the request", () => {
  test.each([
    ["/", "/a/b", "/a/b"],
    ["/base", "/a", "/base/a"],
    ["/base/", "/a", "/base/a"],
    ["/base", "/", "/base"],
    ["/base/", "/", "/base/"],
  ])("%s and %s → %s", (base, path, expected) => {
    expect(joinUpstreamPath(base, path)).toBe(expected);
  });

  test.each([
    ["/", "/a", "/a", "/"],
    ["/", "/a/", "/a", "/"],
    ["/", "/a/b", "/a", "/b"],
    ["/", "/ab", "/a", "/b"],
    ["/", "/a../b", "/a", "/b"],
    ["/", "/a", undefined, "/a"],
    ["/base", "/a", "/a", "/base"],
    ["/base", "/a/", "/a/", "/base/"],
    ["/base", "/a/b", "/a", "/base/b"],
    ["/base", "/a/b", "/a/", "/base/b"],
    ["/base", "/", "/", "/base"],
    ["/base/", "/a", "/a", "/base"],
    ["/base/", "/a/", "/a/", "/base/"],
    ["/base/", "/a/b", "/a", "/base/b"],
  ])("%s, %s without %s → %s", (base, path, matched, expected) => {
    expect(joinStrippedPath(base, path, matched)).toBe(expected);
  });
});
