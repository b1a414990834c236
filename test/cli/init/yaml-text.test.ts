import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { flow } from "../../../cli/init/yaml-text.ts";
import { runsOf } from "../../runs.ts";

/** Kong reads YAML 1.1, and our own reader reads YAML 1.2. */
const VERSIONS = ["1.1", "1.2"] as const;

function readBack(value: unknown): readonly unknown[] {
  return VERSIONS.flatMap((version) => [
    parse(`key: ${flow(value)} # note\n`, { version }).key,
    parse(`- { a: [${flow(value)}] }\n`, { version })[0].a[0],
  ]);
}

describe("a value on one line of YAML", () => {
  it.each([
    ...["", "yes", "No", "on", "y", "null", "~", "123", "0x1F", "1e3", ".inf", ".nan", "2026-01-01", "1:30", "="],
    ...["<<", "+1", "0o7"],
    ...["a: b", "a:b", "a:", ":a", "a #b", "a#b", "- a", "-", "? a", "--- a", "...", "a, b", "{a}", "[a]", "a]"],
    ...["*a", "&a", "!a"],
    ...["%a", "@a", "`a`", "|", ">", "'a'", '"a"', "a\nb", "\t", " a", "a ", "a  b", "\\", "\u0000", "\u0085"],
    ...["\u2028", "\ufeff", "👤", "\ud800"],
    ...["https://a.example/b", "/realm_access/roles", "openid orders:read", "application/at+jwt"],
  ])("is read as the same text: %j", (text) => {
    expect(new Set(readBack(text))).toEqual(new Set([text]));
  });

  it("is read as the same text, for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => readBack(text).every((read) => read === text)),
      { numRuns: runsOf(5_000) },
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => readBack(text).every((read) => read === text)),
    );
  });

  it("is read as the same map", () => {
    const map = { "a: b": [1, true, null, "1", "true"], empty: {}, none: [], nested: { "x,y": { z: "#" } } };
    for (const read of readBack(map)) {
      expect(read).toEqual(map);
    }
  });

  it("has no quotes where none are needed", () => {
    expect(flow({ typ: "Bearer", scope: "openid orders:read", roles: ["/realm_access/roles"] })).toBe(
      "{ typ: Bearer, scope: openid orders:read, roles: [/realm_access/roles] }",
    );
  });
});
