import { describe, expect, it } from "vitest";
import { readYaml } from "../../../plugin/policy/read/read-document.ts";
import { expectedAt, summarize, takeMarks } from "../read/marked-text.ts";

const BRACES = /^Put text that has braces or brackets in quotes, such as path: "\/orders\/\{id\}"\.$/;
const COLON = /^A colon needs a space after it/;
const DASH = /^A dash needs a space after it/;
const INDENT = /^This line does not begin in the same column/;
const COMMA = /^A comma is missing/;
const QUOTE = /^This quoted text has no closing quote\.$/;

describe("one mistake in YAML is one finding that says what to write", () => {
  it.each<[what: string, marked: string, message: RegExp]>([
    ["braces in a map of one line", "a:\n  - { m: [GET], p: /o/‸{id} }\n", BRACES],
    ["braces at the start of a string", "p: {id}‸/x\n", BRACES],
    ["doubled braces", "p: {‸{ x }}\n", BRACES],
    ["a variable in a list", "p: [$‸{X}]\n", BRACES],
    ["brackets in a list", "p: [a‸[0], b]\n", BRACES],
    ["text after a bracket", "p: [a]‸b\n", BRACES],
    ["a brace without an opening one", "p: ‸}\n", /closing brace has no opening one/],
    ["a double quote that is not closed, at the end", 'a: b\nc: ‸"d\ne: f\n', QUOTE],
    ["a double quote that the next line would close", 'a: ‸"b\nc: "d"\n', QUOTE],
    ["a double quote that is not closed, as the last character", 'a: ‸"', QUOTE],
    ["a single quote that is not closed", "a: ‸'b\nc: d\n", QUOTE],
    ["an apostrophe in single quotes", "a: 'it'‸s\nb: c\n", /Write '' for a quote inside/],
    ["a quote in double quotes", 'a: "b"‸c"\n', /Write \\" for a quote inside/],
    ["a tab that indents", "a:\n‸\tb: c\n", /^A tab cannot indent a line: use spaces\.$/],
    ["a line that is indented further", "a:\n  b: [x]\n   ‸c: d\n", INDENT],
    ["a line that is indented less", "a:\n  b: c\n ‸d: e\n", INDENT],
    ["a string and then a deeper key", "a: ‸b\n  c: d\n", /continues in the next line, which looks like a key/],
    ["a key without a space", "a:\n  ‸b:c\n  d: e\n", COLON],
    ["a last key without a space", "a:\n  d: e\n  ‸b:c\n", COLON],
    ["a key without a colon", "a:\n  ‸b\n  c: d\n", /^This line has no colon/],
    ["a dash without a space", "- a\n‸-b\n", DASH],
    ["a key after a list", "- a\n‸b: c\n", /^This line does not continue the lines above it/],
    ["a colon in a string", "a: ‸b: c\n", /^Put text that has a colon and a space in quotes/],
    ["a list that does not end", "a: ‸[x, y\nb: c\n", /^This \[ has no closing \]/],
    ["a map that does not end", "a: ‸{x: [y]\nb: c\n", /^This \{ has no closing \}/],
    ["a comma that is missing in JSON", '{"a": ‸1\n "b": 2}', COMMA],
    ["a comma too many", '{"a": 1,‸,}', /^One comma is too many/],
    ["a star", "a: ‸*\n", /text that begins with \* in quotes/],
    ["a star and a word", "a: ‸*.example\n", /text that begins with \* in quotes/],
    ["a backtick", "a: ‸`x`\n", /^Put this value in quotes/],
    ["an exclamation mark", "a: ‸!x y\n", /text that begins with ! in quotes/],
    ["an escape sequence", 'a: "‸\\d+"\n', /write \\\\ for one backslash/],
    ["a comment without a space", "a: [x]‸#c\n", /^A comment needs a space before its #/],
    [
      "a key twice",
      "a:\n  b: 1\n  c: 2\n  ‸b: 3\n",
      /^This key is already in line 2; keep only one of the two keys\.$/,
    ],
    ["a quote at the start that ends in another line", '‸"a\nb" c\n', /^This quoted text ends only in line 2: add the/],
    ["such a quote after an empty line", '\n‸"a\nb" c\n', /^This quoted text ends only in line 3: /],
    ["a quote in quotes after text in quotes", "a: \"x\" ‸'y'\n", /Write \\" for a quote inside/],
    [
      "a list whose elements are less indented",
      "a: ‸[\n- b\n",
      /^This \[ has no closing \], or the lines after it are/,
    ],
    ["a list whose first element is a list that is less indented", "a: ‸[\n[b]\n", /^This \[ has no closing \]/],
    ["a map without its end, after a complete map", "a: ‸{b: {c: 1}\nd: e\n", /^This \{ has no closing \}/],
    ["a tab after a blank", "a:\n  b: c\n \t‸d: e\n", /^A tab cannot indent a line/],
    ["a map without commas", "a: {b: ‸1 c: 2}\n", /^Put text that has a colon .* Separate elements by commas\.$/],
    ["a list without commas", "a: [x: ‸y\n z: w]\n", /^A comma is missing after this/],
    ["a bracket in a list", "a: [1 ‸[2]]\n", BRACES],
    ["a bracket without an opening one", "a: ‸]\n", /closing bracket has no opening one/],
    ["a list after a value", "a: b\n‸- c\n", /^This line has no colon/],
    ["a map as a key", "‸{a: b}: c\n", BRACES],
    ["a list as a key", "‸[a]: b\n", /^A key must be a string\.$/],
    ["a second map", "{a: 1}\n‸{b: 2}\n", BRACES],
    ["a text that ends with a colon", "a: ‸b:\n", /^Put text that has a colon and a space in quotes/],
    ["a quoted key without a space", 'a:\n  d: e\n  ‸"b":c\n', COLON],
    ["an unknown directive", "‸%FOO x\n---\na: b\n", /^This directive is not known\.$/],
    ["a header of a text", "a: |‸x\n b\n", /^Block scalar header includes extra characters\.$/],
    ["a merge key", "a: &a {b: c}\nd:\n  ‸<<: *a\n", /merge keys.* not supported.*"extends".*"defaults"/],
  ])("%s", (_what, marked, message) => {
    const source = readYaml(takeMarks(marked).text);
    const findings = source.ok ? [] : source.failure.findings;
    const code = findings[0]?.code ?? "";
    expect(summarize(findings)).toEqual(expectedAt(marked, code));
    expect(findings[0]?.message).toMatch(message);
  });

  it("braces that are not quoted in three lines: one finding, which lists the other lines", () => {
    const line = (path: string): string => `  - { methods: [GET], path: ${path} }\n`;
    const text = `a:\n${["/a/{id}", "/b/{id}/c", '"/d/{id}"', "/e", "/f/{id}"].map(line).join("")}`;
    const source = readYaml(text);
    expect(source.ok ? [] : source.failure.findings.map(({ line: at, message }) => [at, message])).toEqual([
      [2, expect.stringMatching(/in quotes.* Quotes are also missing in line 3, 6\.$/)],
    ]);
  });

  it.each([
    [9, /in line 3, 4, 5, 6, 7, 8, 9, 10\.$/],
    [10, /in line 3, 4, 5, 6, 7, 8, 9, 10 and more\.$/],
  ])("braces that are not quoted in %d lines: at most eight others are listed", (count, message) => {
    const source = readYaml(`a:\n${"  - { methods: [GET], path: /a/{id} }\n".repeat(count)}`);
    expect(source.ok ? "" : source.failure.findings[0]?.message).toMatch(message);
  });

  it("mistakes that do not follow from one another are all reported", () => {
    const source = readYaml("a: !x 1\nb: @y\nc: %z\n");
    expect(summarize(source.ok ? [] : source.failure.findings)).toHaveLength(3);
  });
});
