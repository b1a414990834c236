import { describe, expect, it } from "vitest";
import { readYaml as readDocument } from "../../../plugin/policy/read/read-document.ts";
import { unwrap } from "../../results.ts";
import { expectedAt, summarize, takeMarks } from "./marked-text.ts";

function read(text: string): unknown {
  const source = readDocument(text);
  return source.ok ? source.value.data : summarize(source.failure.findings);
}

describe("refuses, with the place", () => {
  it.each<[what: string, code: string, marked: string]>([
    ["a key given twice", "duplicate_key", "a: 1\n‸a: 2\n"],
    ["a key given twice, deep inside", "duplicate_key", "a:\n  - b: 1\n    ‸b: 2\n"],
    ["a key given twice in JSON", "duplicate_key", '{"a":1,\n ‸"a":2}'],
    ["a key given twice by an escape", "duplicate_key", '{"a":1, ‸"\\u0061":2}'],
    ["a key given twice, once in quotes", "duplicate_key", 'a: 1\n‸"a": 2\n'],
    ["each repetition of a key", "duplicate_key", "a: 1\n‸a: 2\n‸a: 3\n"],
    ["__proto__ given twice", "duplicate_key", "__proto__: 1\n‸__proto__: 2\n"],
    ["another version of YAML", "syntax_error", "‸%YAML 1.1\n---\na: 1\n"],
    ["a second document", "syntax_error", "a: 1\n‸---\nb: 2\n"],
    ["a tag of JavaScript", "syntax_error", 'a: ‸!!js/function "return 1"\n'],
    ["a tag of its own", "syntax_error", "a: ‸!env SECRET\n"],
    ["a key that is a list", "syntax_error", "? ‸[a]\n: b\n"],
    ["a map in a plain value", "syntax_error", "a: ‸b: c\n"],
    ["a flow map that does not end", "syntax_error", "{‸"],
    ["a merge key", "unknown_key", "a: &x {y: 1}\nb: {‸<<: *x}\nc:\n  ‸<<: [*x]\n  y: 2\n"],
    ["an alias of nothing", "syntax_error", "a: 1\nb: ‸*nowhere\n"],
  ])("%s", (_what, code, marked) => {
    expect(read(takeMarks(marked).text)).toEqual(expectedAt(marked, code));
  });

  it("a tab as indentation", () => {
    expect(read("a:\n\tb: 1\n")).toContain("2:1 syntax_error");
  });

  it("a syntax error, without its consequential errors", () => {
    expect(read('"a" "b\nc" }\n')).toEqual(["1:5 syntax_error"]);
  });

  it("a document that is longer than 262,144 characters, and accepts a shorter one", () => {
    const limit = 256 * 1024;
    expect(read(`a: ${"x".repeat(limit - 3)}`)).toHaveProperty("a");
    expect(read(`a: ${"x".repeat(limit - 2)}`)).toEqual(["1:1 document_too_large"]);
  });

  it("more than 262,144 values with all aliases resolved, and accepts exactly as many", () => {
    const list = (length: number): string => `[${"1,".repeat(length)}]`;
    const text = (rest: number): string => `a: &a ${list(8_000)}\nb: [${"*a,".repeat(31)}]\nd: ${list(rest)}\n`;
    // The map, each list, and each use of the first list are values, too.
    const rest = 262_144 - 1 - 8_001 - (1 + 31 * 8_001) - 1;
    expect(read(text(rest))).toHaveProperty("d");
    expect(read(text(rest + 1))).toEqual(["1:1 document_too_large"]);
  });

  it("more than 100 aliases, at the 101st alias, and accepts 100", () => {
    // Few aliases of each anchor, because the parser itself limits them.
    const anchors = Array.from({ length: 20 }, (_, index) => `&a${index} 1`);
    const aliases = Array.from({ length: 100 }, (_, index) => `*a${index % 20}`);
    const text = (more: string): string => `a: [${anchors.join(", ")}]\nb: [${aliases.join(", ")}${more}]\n`;
    expect(read(text(""))).toHaveProperty("b");
    const marked = text(", ‸*a0");
    expect(read(takeMarks(marked).text)).toEqual(expectedAt(marked, "document_too_large"));
  });

  it("a document that is nested deeper than 100 levels, and accepts as many", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    const depths = [99, 100].map((depth) => JSON.stringify(read(nested(depth))));
    expect(depths).toEqual([nested(99), '["1:101 syntax_error"]']);
  });

  it("aliases that make a small document grow too large", () => {
    const levels = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    const lines = levels.map((name, index) => {
      const item = index === 0 ? "x" : `*${levels[index - 1]}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => item).join(", ")}]`;
    });
    const source = readDocument(lines.join("\n"));
    expect(!source.ok && source.failure.findings.map(({ code }) => code)).toEqual(["syntax_error"]);
  });
});

describe("number_inexact: a number that would be rounded", () => {
  it.each([
    ...["1147953659032899585", "-9007199254740993", "+9007199254740993", "0x20000000000001", "0o400000000000000001"],
    ...["9007199254740992.5", "0.1000000000000000055", ".1000000000000000055", "1.0000000000000000000001", "1e-400"],
    ...["1e400", "9".repeat(100_000), `1.${"0".repeat(399)}`],
  ])("%s is refused at its place", (number) => {
    expect(read(`a: x\nb: [1, {c: ${number}}]\n`)).toEqual(["2:12 number_inexact"]);
    expect(read(`{"b": ${number.replace(/^[+]/, "").replace(/^\./, "0.")}}`)).toEqual(["1:7 number_inexact"]);
  });

  it.each<[text: string, number: number]>([
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["0x1fffffffffffff", 9007199254740991],
    [`1.${"0".repeat(398)}`, 1],
    ["0o17", 15],
    ["007", 7],
    ["1e18", 1e18],
    ["1000000000000000000", 1e18],
    ["0.10", 0.1],
    ["+5", 5],
    ["5.", 5],
  ])("%s is read", (text, number) => {
    expect(read(`a: ${text}\n`)).toEqual({ a: number });
  });

  it("a quoted number is a string, and a key is a string without quotes", () => {
    const number = "1147953659032899585";
    expect(read(`a: "${number}"\n${number}: b\n`)).toEqual({ a: number, [number]: "b" });
  });
});

describe("reads", () => {
  it.each<[what: string, text: string, data: unknown]>([
    ["an empty string", "", null],
    ["a comment", "# nothing\n", null],
    ["YAML", "a: [1, x, true, null]\nb: {c: d}\n", { a: [1, "x", true, null], b: { c: "d" } }],
    ["JSON", '{"a":[1,"x",true,null],"b":{"c":"d"}}', { a: [1, "x", true, null], b: { c: "d" } }],
    ["YAML with a document start and CR LF", "---\r\na: 1\r\n", { a: 1 }],
    ["a byte order mark", "\ufeffa: 1\n", { a: 1 }],
    ["words that YAML 1.1 reads as booleans, as text", "a: [yes, no, on, off]\n", { a: ["yes", "no", "on", "off"] }],
    ["times and octals of YAML 1.1, in the way of YAML 1.2", "a: [1:30, 010]\n", { a: ["1:30", 10] }],
    ["a few aliases", "a: &x [1]\nb: *x\nc: *x\n", { a: [1], b: [1], c: [1] }],
    ["a quoted << as a plain key", "a: {\"<<\": 1}\nb: {'<<': 2}\n", { a: { "<<": 1 }, b: { "<<": 2 } }],
    ["keys that look like numbers as text", "1: a\ntrue: b\n", { 1: "a", true: "b" }],
  ])("%s", (_what, text, data) => {
    expect(read(text)).toEqual(data);
  });

  it("a key __proto__ as plain data", () => {
    const data = read("__proto__: {isAdmin: true}\n") as Record<string, unknown>;
    expect(Object.keys(data)).toEqual(["__proto__"]);
    expect(data.isAdmin).toBeUndefined();
  });
});

describe("locates findings", () => {
  const text = `issuers:\n  "a/b~c":\n    keys:\n      - {kid: x}\nempty:\n`;
  const source = readDocument(text);
  const locate = (path: (string | number)[], atKey = false): unknown =>
    unwrap(source)
      .locate([{ code: "invalid_value", path, atKey, message: "Wrong." }])
      .map(({ line, column, pointer }) => `${line}:${column} ${pointer}`);
  const key = ["issuers", "a/b~c"];

  it.each<[what: string, path: (string | number)[], atKey: boolean, place: string]>([
    ["the whole document", [], false, "1:1 "],
    ["a value", [...key, "keys", 0, "kid"], false, "4:15 /issuers/a~1b~0c/keys/0/kid"],
    ["a key", [...key, "keys", 0, "kid"], true, "4:10 /issuers/a~1b~0c/keys/0/kid"],
    ["an element of a list", [...key, "keys", 0], false, "4:9 /issuers/a~1b~0c/keys/0"],
    ["a key of a map", key, true, "2:3 /issuers/a~1b~0c"],
    [
      "a value that came from a default, at the nearest key",
      [...key, "token", "x"],
      false,
      "2:3 /issuers/a~1b~0c/token/x",
    ],
    ["what is nowhere", ["other", "x"], false, "1:1 /other/x"],
  ])("%s", (_what, path, atKey, place) => {
    expect(locate(path, atKey)).toEqual([place]);
  });

  it("without the key in the pointer, if the key may be a secret", () => {
    const finding = { code: "unknown_key" as const, path: [...key, "keys"], message: "Wrong.", hidesKey: true };
    expect(unwrap(source).locate([finding])).toEqual([
      { code: "unknown_key", message: "Wrong.", pointer: "/issuers/a~1b~0c", line: 4, column: 7 },
    ]);
  });

  it("in the order of the text, for any order of the findings", () => {
    const finding = (key: string) => ({ code: "unknown_key" as const, path: [key], atKey: true, message: "Wrong." });
    const located = unwrap(source).locate([finding("empty"), finding("issuers")]);
    expect(located.map(({ pointer }) => pointer)).toEqual(["/issuers", "/empty"]);
  });
});
