import { expect, it } from "vitest";
import { escapeCharacter, rememberPatterns } from "../../../plugin/core/text/name-patterns.ts";

it("an escaped character matches only itself", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  for (let code = 0; code < 256; code += 1) {
    expect(all.match(new RegExp(escapeCharacter(code), "g"))).toEqual([String.fromCharCode(code)]);
    expect("\\x0123456789abcdef".replace(new RegExp(escapeCharacter(9)), "")).toBe("\\x0123456789abcdef");
  }
});

it("each of at most 256 names has one pattern, and one name more makes all of them new", () => {
  const created: string[] = [];
  const patternOf = rememberPatterns((name) => {
    created.push(name);
    return new RegExp(name);
  });
  const names = Array.from({ length: 256 }, (_, index) => `name-${index}`);
  const patterns = names.map(patternOf);
  expect(names.map(patternOf)).toEqual(patterns);
  expect(patternOf("name-0")).toBe(patterns[0]);
  expect(created).toEqual(names);
  patternOf("other");
  patternOf("other");
  expect(patternOf("name-0")).not.toBe(patterns[0]);
  expect(created).toEqual([...names, "other", "name-0"]);
});
