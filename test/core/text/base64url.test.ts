import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBase64url, encodeBase64url } from "../../../plugin/core/text/base64url.ts";
import { anyCharacter } from "../../any-character.ts";
import { runsOf } from "../../runs.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const encode = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

describe("refuses every text that an encoder would write differently", () => {
  it.each<[what: string, text: string]>([
    ["a length that no bytes have", "A"],
    ["a length that no encoder writes, after whole groups", "AAAAA"],
    ["padding of one", "AAA="],
    ["padding of two", "AA=="],
    ["padding alone", "===="],
    ["the standard alphabet's plus", "A+AA"],
    ["the standard alphabet's slash", "A/AA"],
    ["a blank inside", "AA AA"],
    ["a blank at the end", "AAAA "],
    ["a newline", "AAAA\n"],
    ["a NUL", "AAA\u0000"],
    ["a dot", "AA.A"],
    ["the first character beyond ASCII", "AAA\u0080"],
    ["a letter beyond ASCII", "AAAé"],
    ["a letter beyond ASCII whose low byte is a letter", "AAA\u0141"],
    ["an astral character", "AA\u{1f600}"],
    ["one left-over bit of two characters", "AB"],
    ["the highest left-over bit of two characters", "AI"],
    ["one left-over bit of three characters", "AAB"],
    ["the highest left-over bit of three characters", "AAC"],
    ["padding as the last of three characters", "AA="],
    ["the standard alphabet's plus as the last of seven characters", "AAAAAA+"],
    ["a character beyond ASCII as the last of three characters", "AA\u0141"],
    ["padding as the first of two characters", "=A"],
    ["padding as the second of two characters", "A="],
    ["left-over bits after whole groups", "AAAAAB"],
  ])("%s", (_what, text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });
});

describe("decodes canonical text", () => {
  it.each<[text: string, hex: string]>([
    ["", ""],
    ["AA", "00"],
    ["_w", "ff"],
    ["AAA", "0000"],
    ["__8", "ffff"],
    ["____", "ffffff"],
    ["-_-_", "fbffbf"],
    ["Zm9vYmFy", "666f6f626172"],
  ])("%j is %s", (text, hex) => {
    expect(Buffer.from(decodeBase64url(text) ?? "refused").toString("hex")).toBe(hex);
  });

  it("as Buffer does, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(decodeBase64url(encode(bytes))).toEqual(bytes);
      }),
    );
  });
});

it("decodes no two texts to the same bytes: a changed character changes the bytes or is refused", () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 });
  const character = fc.oneof(
    fc.constantFrom(...ALPHABET),
    fc.string({ minLength: 1, maxLength: 1, unit: anyCharacter }),
  );
  fc.assert(
    fc.property(bytes, fc.nat(), character, (original, at, replacement) => {
      const text = encode(original);
      const index = at % text.length;
      const changed = text.slice(0, index) + replacement + text.slice(index + 1);
      fc.pre(changed !== text);
      expect(decodeBase64url(changed)).not.toEqual(original);
    }),
    { numRuns: runsOf(1000) },
  );
});

it("accepts a string exactly if encoding its bytes returns the same text", () => {
  const texts = fc.string({ unit: fc.constantFrom(...ALPHABET, "=", "+", "/", " "), maxLength: 10 });
  fc.assert(
    fc.property(texts, (text) => {
      const bytes = decodeBase64url(text);
      const isCanonical = encode(Buffer.from(text, "base64url")) === text;
      expect(bytes === undefined ? undefined : encode(bytes)).toBe(isCanonical ? text : undefined);
    }),
    { numRuns: runsOf(1000) },
  );
});

it("writes the same text as Node, and reads it back", () => {
  for (const length of [0, 1, 2, 3, 4, 5, 63, 64, 65]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 89 + length) % 256);
    expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
    expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
  }
});
