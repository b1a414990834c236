import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  quoteOrigin,
  quoteText,
  toPrintable,
  toPrintableJson,
  toPrintableLines,
} from "../../../plugin/core/text/printable.ts";
import { anyCharacter } from "../../any-character.ts";

/** Characters that control a terminal, an editor or a log viewer, or that are invisible there. */
const NASTY: readonly (readonly [what: string, first: number, last: number])[] = [
  ["C0", 0x00, 0x1f],
  ["DEL and C1", 0x7f, 0x9f],
  ["the soft hyphen", 0xad, 0xad],
  ["the combining grapheme joiner", 0x34f, 0x34f],
  ["the Arabic letter mark", 0x61c, 0x61c],
  ["Hangul fillers", 0x115f, 0x1160],
  ["zero-width characters and marks of direction", 0x200b, 0x200f],
  ["line and paragraph separators, and embeddings", 0x2028, 0x202e],
  ["invisible operators and isolates", 0x2060, 0x206f],
  ["the Hangul filler", 0x3164, 0x3164],
  ["lone surrogates", 0xd800, 0xdfff],
  ["variation selectors", 0xfe00, 0xfe0f],
  ["the byte order mark", 0xfeff, 0xfeff],
  ["interlinear annotations", 0xfff9, 0xfffb],
  ["noncharacters", 0xfffe, 0xffff],
  ["tags", 0xe0001, 0xe007f],
];
const OTHERS = /[^\n -~\u00a0-\u{10fffd}]|[\u202a-\u202e\u2066-\u2069\u200b-\u200f\u2028\u2029\ud800-\udfff\ufeff]/u;

describe("is escaped in every kind of output", () => {
  it.each(NASTY)("%s", (_what, first, last) => {
    for (let code = first; code <= last; code += 1) {
      const char = code > 0xffff ? String.fromCodePoint(code) : String.fromCharCode(code);
      expect(toPrintable(`a${char}b`)).toBe(`a\\u{${code.toString(16)}}b`);
      const json = toPrintableJson({ [`k${char}`]: `a${char}b` }, 2);
      expect(json).toMatch(/^[\n -~]*$/);
      expect(JSON.parse(json)).toEqual({ [`k${char}`]: `a${char}b` });
    }
  });
});

it.each(["Prüfung 検証 🔑", "C:\\u\\x", "a\u00a0b", "\u0627\u0644", "100 %"])("does not change %j", (text) => {
  expect(toPrintable(text)).toBe(text);
});

it("keeps only the line feeds of a string of several lines", () => {
  expect(toPrintableLines("a\r\nb\u202e\n")).toBe("a\\u{d}\nb\\u{202e}\n");
});

it("prints any text as one line without control characters", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter, maxLength: 50 }), (text) => {
      expect(toPrintable(text)).not.toMatch(OTHERS);
      expect(toPrintable(text)).not.toContain("\n");
      expect(JSON.parse(toPrintableJson(text))).toBe(text);
      expect(quoteText(text)).not.toMatch(OTHERS);
    }),
  );
});

describe("a string of a document in quotes", () => {
  it.each<[text: string, quoted: string]>([
    ["30 s", '"30 s"'],
    ['say "x"', '"say \\"x\\""'],
    ["a\u202eb", '"a\\u{202e}b"'],
    ["x".repeat(58), `"${"x".repeat(58)}"`],
    ["x".repeat(59), `"${"x".repeat(56)}…`],
    ["x".repeat(100), `"${"x".repeat(56)}…`],
    ["https://user:secret@host/a", '"//…@host/a"'.replace('"//', '"https://')],
    ["https://user:se/cr@et@host/a", '"https://…@host/a"'],
    ["//secret@host", '"//…@host"'],
    ["mail@example.com", '"mail@example.com"'],
  ])("%j is %s", (text, quoted) => {
    expect(quoteText(text)).toBe(quoted);
  });
});

it.each<[url: string, quoted: string]>([
  ["https://user:secret@host:8443/secret?secret#secret", '"https://host:8443"'],
  ["http://10.0.0.1", '"http://10.0.0.1"'],
  ["secret", "this text"],
  ["file:///secret", '"file://"'],
])("of the URL %j only %s is quoted", (url, quoted) => {
  expect(quoteOrigin(url)).toBe(quoted);
});
