import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasDotSegment } from "../../../plugin/core/request/dot-segments.ts";
import { runsOf } from "../../runs.ts";

describe("a dot segment is found", () => {
  it.each<[reading: string, targets: string]>([
    ["as it is", "/.. /. /a/.. /a/. /a/../b /a/./b /a/../ /a/b/../../c"],
    ["with an encoded dot", "/a/%2e%2e/b /a/%2E%2e/b /a/.%2e/b /a/%2e./b /a/%2e /%2e%2e"],
    ["with an encoded slash", "/a/..%2fb /a/..%2Fb /a%2f..%2fb /a%2f../b /a/%2e%2e%2fb /a%2f.. /a/b%2f.%2fc"],
    ["with a backslash", "/a/..\\b /a\\..\\b /a/..%5cb /a%5c..%5Cb /a%5C.. /a/%2e%2e%5cb"],
    ["with path parameters", "/a/..;/b /a/..;x=y/b /a/.;/b /a/..; /a/..%3bx/b /a/%2e%2e;x/b /;/../b"],
    ["encoded twice", "/a/%252e%252e/b /a/..%252fb /a/%252e%252e%252fb /a/..%255cb /a/%%32%65%%32%65/b"],
    ["encoded more often", "/a/%25252e%25252e/b /a/..%25252fb /a/%252525252525252e/b"],
    ["as overlong UTF-8", "/a/%c0%ae%c0%ae/b /a/%C0%AE./b /a/..%c0%afb /a/..%c1%9cb /a/%e0%80%ae%e0%80%ae/b"],
    ["as longer overlong UTF-8", "/a/%f0%80%80%ae./b /a/%f8%80%80%80%ae./b"],
    // A reader that drops wrong bytes finds no dot segment in these paths.
    [
      "as two longer overlong dots",
      "/%e0%80%ae%e0%80%ae/b /%f0%80%80%ae%f0%80%80%ae/b /%f8%80%80%80%ae%f8%80%80%80%ae/b",
    ],
    ["as the longest overlong dots", "/%fc%80%80%80%80%ae%fc%80%80%80%80%ae/b /%fc%00%40%c0%80%ae%fc%80%80%80%80%ae/b"],
    [
      "before an overlong backslash",
      "/..%c1%9cb /..%e0%81%9cb /..%f0%80%81%9cb /..%f8%80%80%81%9cb /..%fc%80%80%80%81%9cb",
    ],
    ["before an overlong backslash with wrong bytes", "/..%c1%1cb /..%e0%01%5cb /..%f0%40%41%dcb /..%f0%c0%c1%9cb"],
    ["as overlong UTF-8 with wrong bytes", "/a/%c0%2e%c0%2e/b /a/%c0%ee%c0%6e/b /a/..%c0%2fb /a/%e0%40%ae./b"],
    ["as overlong UTF-8, encoded twice", "/a/%25c0%25ae%25c0%25ae/b /a/%c0%a52e%c0%a52e/b"],
    ["in the escapes of IIS", "/a/%u002e%u002e/b /a/..%u002fb /a/..%u005Cb /a/%uff0e%uff0e/b /a/..%u2215b"],
    ["in the escapes of IIS, as the bytes of an overlong dot", "/a/%u00c0%u00ae./b /a/.%u00C0%u00AE/b"],
    ["in characters that look alike", "/a/\uff0e\uff0e/b /a/\u2025/b /a/..\u2044b /a/.\u2024/b"],
    ["in escapes of such characters", "/a/%ef%bc%8e%ef%bc%8e/b /a/..%ef%bc%8fb"],
    [
      "with what readers drop",
      "/a/..%00/b /a/.%00./b /a/..%20/b /a/%20../b /a/..%09/b /a/..+/b /a/.%E2%80%8B./b /a/%ff../b",
    ],
    ["before an encoded end of the path", "/a/..%3fb /a/..%23b /a/..#b /a#/../b /a/..?b /a/..?"],
    ["once Kong takes the Route's path away", "/a..%2fb /a..;/b /a..\\b /a..%5cb /a%2e%2e%2fb /a..%252fb /a...%2fb"],
    ["once the Route's path and what readers drop are away", "/a..%20%2fb /a..+;b /a.%20.%2fb /a%00..%5cb"],
    ["in absolute form", "http://host/a/..%2fb http://host/../b HTTPS://host/%2e%2e"],
    ["in bytes that are lost", "/a/\ufffd\ufffd\ufffd\ufffd/b /a/..\ufffd\ufffdb /a\ufffd\ufffd%2fb"],
    ["in bytes that became DEL", "/a/\x7f\x7f./b /a\x7f\x7f../b"],
    ["in bytes that are lost, at the start or at the end", "\ufffd\ufffd /a/\ufffd\ufffd"],
    ["beside an escape that is broken", "/a/%zz/../b /a/..%2/../b ../%zz"],
    ["directly after an escape of IIS that is broken", "/a%u00%2f.%2fb /a%u0%2f.%2fb /a%u%2f.%2fb"],
    ["beside the first character beyond ASCII", "/\u0080/../b /\u0080/..%2fb /%c2%80/../b /%80/../b /%80/..%2fb"],
  ])("%s", (_reading, targets) => {
    expect(targets.split(" ").filter((target) => !hasDotSegment(target))).toEqual([]);
  });
});

describe("no dot segment is found", () => {
  it.each<[what: string, targets: string]>([
    ["in plain paths", "/ * /a/b /v1.0/x /a.b/c..d /.well-known/x /...a/b /a/..b /a../b /a.. /.hidden"],
    ["in an empty path", ""],
    ["with an encoded slash alone", "/a%2fb /a%2Fb%2Fc.txt /a%5cb /a%2F.c /a%252fb"],
    ["with other escapes", "/a%20b /caf%e9/x /%e9/x /%E6%97%A5%E6%9C%AC/x /%f0%9f%98%80 /100%25 /a%25b /a%zz/b"],
    ["with many nested escapes", `/a%${"25".repeat(20)}b`],
    ["with one dot before a slash that Kong does not read", "/a.%2fb /a.;b /a.%5cb /a.%20%2fb"],
    ["with what readers drop, but without dots", "/%20/b /%20/b.c /a/+/b /a/+/b.c /a%20%2fb /a+;b /a%00%5cb"],
    ["with lost bytes in a name", "/\ufffdx/c /a/\ufffd\ufffdx\ufffd/c"],
    ["with escapes of IIS", "/%e9/%u0100../b /a/%u65e5../b /a/%u00e9..b"],
    ["with escapes of IIS that are broken", "/a/%z002e%z002e/b /a/%uzz0e%uzz0e/b /a/.%u00zz./b /a/%u002g%u002g/b"],
    ["with characters beyond ASCII", "/\u65e5\u672c/x /caf\u00e9"],
    ["with a letter of a long compatible form", "/a/\ufdfa../b /%zz/\ufdfa../b"],
    ["with path parameters", "/a;b/c /a;x=c"],
    ["in the query", "/a?b=/../c /a?.. /a?/..%2f /a?b#/../c"],
    ["in a path of gRPC", "/things.Things/Get"],
    ["in absolute form", "http://example.com/a http://127.0.0.1:8000/a?b=.."],
    ["in escapes that do not concern the dots", "/a../b%20c"],
  ])("%s", (_what, targets) => {
    expect(targets.split(" ").filter(hasDotSegment)).toEqual([]);
  });
});

it("dots and slashes in any disguise are found, at any place of the path", () => {
  const dot = fc.constantFrom(".", "%2e", "%2E", "%252e", "%c0%ae", "%uff0e", "%ef%bc%8e");
  const slash = fc.constantFrom("/", "%2f", "%2F", "\\", "%5c", "%252f", "%c0%af", "%ef%bc%8f");
  const text = fc.string({ unit: fc.constantFrom(..."ab.-_~%2"), minLength: 1, maxLength: 8 });
  const dots = fc.array(dot, { minLength: 1, maxLength: 2 }).map((parts) => parts.join(""));
  const end = fc.oneof(
    fc.constant(""),
    fc.tuple(slash, text).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, slash, dots, end, (before, separator, segment, behind) => {
      expect(hasDotSegment(`/${before}${separator}${segment}${behind}`)).toBe(true);
    }),
    { numRuns: runsOf(2_000) },
  );
});

it("our reader finds every dot segment that the URL standard's parser finds", () => {
  const unit = fc.constantFrom("/", ".", "%2e", "%2E", "\\", "a", "%", ";", " ", "%2f", "\t", "é");
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 12 }), (parts) => {
      const path = `/${parts.join("")}`;
      const marked = path.split(/[/\\]/).length;
      const { pathname } = new URL(`http://h/x${path}`);
      // The parser removes dot segments together with their separators.
      const hasRemoved = pathname.split("/").length - 1 < marked;
      expect(hasRemoved && !hasDotSegment(path) && !path.includes("\t")).toBe(false);
    }),
    { numRuns: runsOf(3_000) },
  );
});

describe("characters that look like dots", () => {
  it("are all characters whose compatible form has a dot", () => {
    const alike: string[] = [];
    for (let code = 0x80; code <= 0x10ffff; code += 1) {
      const char = String.fromCodePoint(code);
      if (char.normalize("NFKC").includes(".")) {
        alike.push(char);
      }
    }
    expect(alike.filter((char) => !hasDotSegment(`/a${char}.%2fb`) && !hasDotSegment(`/a/.${char}%2fb`))).toEqual([]);
  });

  it("are found next to letters with long compatible forms", () => {
    expect(hasDotSegment(`/${"\ufdfa".repeat(20)}\uff0e\uff0e%2fb`)).toBe(true);
    expect(hasDotSegment(`/${"\ufdfa".repeat(20)}\uff0e.x`)).toBe(false);
    expect(hasDotSegment(`/${"%ufdfa".repeat(80)}/.%u002e`)).toBe(true);
    expect(hasDotSegment(`/${"%ufdfa".repeat(80)}/.%u0061`)).toBe(false);
  });
});

describe("a path that is too long for all ways to read it", () => {
  const long = "/x".repeat(250);

  it.each([
    ["an unusual path", 512, `/%zz`, false],
    ["an unusual path", 513, `/%zz`, true],
    ["an unusual path with a character of three bytes", 510, "/%zz\u4e2d", false],
    ["an unusual path with a character of three bytes", 511, "/%zz\u4e2d", true],
    ["an unusual path with a lost byte", 512, "/\ufffd", false],
    ["an unusual path with a lost byte", 513, "/\ufffd", true],
    ["a decoded path with a dot", 512, "/\u00e9.", false],
    ["a decoded path with a dot", 513, "/\u00e9.", true],
    ["a path with an escape", 4_096, "/a.%41/", false],
    ["a path with an escape", 4_097, "/a.%41/", true],
    ["a path with a character beyond ASCII", 4_096, "/\u00e9", false],
    ["a path with a character beyond ASCII", 4_097, "/\u00e9", true],
    ["a plain path with dots", 8_192, "/a.b..c/", false],
    ["a plain path with dots", 8_193, "/a.b..c/", true],
  ])("%s of %i characters", (_what, length, start, isFound) => {
    expect(hasDotSegment(start.padEnd(length, "x"))).toBe(isFound);
  });

  it("is refused if it has six layers of escapes, and not with five", () => {
    const layers = (count: number): string => `/%${"u0025".repeat(count - 1)}41`;
    expect([hasDotSegment(layers(5)), hasDotSegment(layers(6))]).toEqual([false, true]);
  });

  it.each(["%25", "%zz", "%e9", "%uabcd", "%7f", "\ufffd"])(
    "is refused if it has %j, and a shorter one is not",
    (unusual) => {
      expect(hasDotSegment(`${long}${unusual}`)).toBe(false);
      expect(hasDotSegment(`${long}${long}${unusual}`)).toBe(true);
    },
  );

  it("is refused if it is longer than any honest path", () => {
    expect(hasDotSegment(`/${"x".repeat(8_191)}?${"y".repeat(9_000)}`)).toBe(false);
    expect(hasDotSegment(`/${"x".repeat(8_192)}`)).toBe(true);
  });

  it("is refused if it has dots beside characters beyond ASCII, and not without", () => {
    expect(hasDotSegment(`${long}/\u00e9.x`)).toBe(false);
    expect(hasDotSegment(`${long}${long}/%c3%a9.x`)).toBe(true);
    expect(hasDotSegment(`${long}${long}/%c3%a9`)).toBe(false);
    expect(hasDotSegment(`${long}${long}/e.x%20`)).toBe(false);
    expect(hasDotSegment(`${long}${long}/e..%2fx`)).toBe(true);
    expect(hasDotSegment(`${long}${long}/e../x%20`)).toBe(false);
  });
});
