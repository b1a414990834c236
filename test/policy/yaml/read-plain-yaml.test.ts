import { describe, expect, it } from "vitest";
import { readDocument } from "../../../plugin/policy/read/read-document.ts";
import { readPlainYaml } from "../../../plugin/policy/yaml/read-plain-yaml.ts";
import { policyTexts } from "../../policy-texts.ts";

const NESTED = (depth: number): string => `a: ${"[".repeat(depth)}${"]".repeat(depth)}\n`;

describe("reads as plain YAML", () => {
  it.each<[what: string, text: string, data: unknown]>([
    ["words, quotes and escapes", "a: b\nc: 'd''e'\nf: \"\\u00e9\\n\"\n", { a: "b", c: "d'e", f: "é\n" }],
    ["each way to write null", "a:\nb: ~\nc: [null, Null, NULL]\n", { a: null, b: null, c: [null, null, null] }],
    ["each way to write true", "a: [true, True, TRUE]\n", { a: [true, true, true] }],
    ["each way to write false", "a: [false, False, FALSE]\n", { a: [false, false, false] }],
    [
      "words that older YAML takes for true, false and numbers",
      "a: [yes, No, ON, 1_0, tRUE, nULL]\n",
      {
        a: ["yes", "No", "ON", "1_0", "tRUE", "nULL"],
      },
    ],
    ["whole numbers of at most 15 digits", "a: [0, 7, -42, 999999999999999]\n", { a: [0, 7, -42, 999999999999999] }],
    ["a quoted number and a quoted null, which are text", "a: ['1', \"null\", '']\n", { a: ["1", "null", ""] }],
    [
      "a key that looks like a number or null, which is text",
      "1: a\nnull: b\n1.0: c\n",
      { 1: "a", null: "b", "1.0": "c" },
    ],
    [
      "lists and maps in both styles",
      "a:\n- b: 1\n  c: {d: [e, f: g]}\n",
      { a: [{ b: 1, c: { d: ["e", { f: "g" }] } }] },
    ],
    ["texts of many lines", "a: |\n  b\n  c\nd: >-\n  e\n  f\n", { a: "b\nc\n", d: "e f" }],
    ["comments, and a first line of three dashes", "---\n# b\na: 1 # c\n", { a: 1 }],
    ["JSON", '{"a": {"b": [true, null, "\\u0041"]}}', { a: { b: [true, null, "A"] } }],
    ["forty levels", NESTED(39), { a: expect.anything() }],
  ])("%s", (_what, text, data) => {
    expect(readPlainYaml(text)).toEqual(data);
  });

  it("each example policy and its tests", () => {
    expect(policyTexts().filter((text) => readPlainYaml(text) === undefined)).toEqual([]);
  });
});

describe("leaves to the exact parser", () => {
  it.each([
    ["an empty document", ""],
    ["only a comment", "# a\n"],
    ["a list", "- a\n"],
    ["a word", "a\n"],
    ["a mistake", "a: b: c\n"],
    ["an anchor of a word", "a: &x b\n"],
    ["an anchor of a list", "a: &x [b]\n"],
    ["an anchor of a map", "a: &x {b: c}\n"],
    ["an anchor of a key", "&x a: b\n"],
    ["an anchor of the document", "&x\na: b\n"],
    ["an alias", "a: &x b\nc: *x\n"],
    ["a tag of a word", "a: !!str 1\n"],
    ["a tag of a list", "a: !!seq [b]\n"],
    ["a tag of a key", "!!str a: b\n"],
    ["a merge key", "a: {<<: {b: c}}\n"],
    ["__proto__", "a: {__proto__: {b: c}}\n"],
    ["a repeated key", "a: 1\na: 2\n"],
    ["a key that an object inherits, given twice", "toString: 1\ntoString: 2\n"],
    ["an empty key", ": a\n"],
    ["an empty key in quotes", "'': a\n"],
    ["a key that is a list", "? [a]\n: b\n"],
    ["a number of 16 digits", "a: 1000000000000000\n"],
    ["a fraction", "a: 1.5\n"],
    ["an exponent", "a: 1e3\n"],
    ["a hexadecimal number", "a: 0x1f\n"],
    ["an octal number", "a: 0o17\n"],
    ["a number with a plus", "a: +1\n"],
    ["a number with a leading zero", "a: 012\n"],
    ["minus zero", "a: -0\n"],
    ["infinity", "a: -.inf\n"],
    ["not a number", "a: .nan\n"],
    ["a directive", "%YAML 1.2\n---\na: b\n"],
    ["a second document", "a: b\n---\nc: d\n"],
    ["the end of a document", "a: b\n...\n"],
    ["three dashes that are indented", "  ---\na: b\n"],
    ["a line of only spaces", "a: b\n  \n"],
    ["a tab", "a:\tb\n"],
    ["a carriage return", "a: b\r\n"],
    ["a byte-order mark", "\ufeffa: b\n"],
    ["a character that cannot be seen", "a: b\u200b\n"],
    ["a surrogate", "a: \ud800\n"],
    ["forty-one levels", NESTED(40)],
  ])("%s", (_what, text) => {
    expect(readPlainYaml(text)).toBeUndefined();
  });
});

it("a finding in a plain document has its place", () => {
  const source = readDocument("jwt_policy: 1\nname: p\nroutes:\n  r: {}\n");
  const found = source.ok && source.value.locate([{ code: "unknown_key", message: "m", path: ["routes", "r"] }]);
  expect(found).toEqual([{ code: "unknown_key", message: "m", pointer: "/routes/r", line: 4, column: 6 }]);
});
