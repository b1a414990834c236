import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeClientText } from "../../../plugin/server/protocol/client-text.ts";

const invalid = fc.constantFrom("ff", "c0", "80", "e282", "eda080", "f0808080", "c3");
const valid = fc.constantFrom("61", "0a", "7f", "00", "c3a9", "e282ac", "f09f9880", "efbbbf", "efbfbd");

it("decodes valid and invalid short lines like Node", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(valid, valid, invalid), { maxLength: 20 }), (parts) => {
      const bytes = Buffer.from(parts.join(""), "hex");
      expect(decodeClientText(bytes)).toBe(bytes.toString("utf8"));
    }),
    { numRuns: 5_000 },
  );
});

it("decodes valid lines of any length like Node", () => {
  const text = `a\n${"é€😀".repeat(4_000)}\n\ufeffb`;
  expect(decodeClientText(Buffer.from(text))).toBe(text);
});

it("drops bytes beyond ASCII in a long line that is not UTF-8, and nothing in other lines", () => {
  const line = Buffer.concat([Buffer.from("é=".repeat(600)), Buffer.of(0xff)]);
  const bytes = Buffer.concat([Buffer.from("GET /ü\n"), line, Buffer.from("\nö")]);
  expect(decodeClientText(bytes)).toBe(`GET /ü\n${"\ufffd\ufffd=".repeat(600)}\ufffd\nö`);
});

it("decodes a part of a larger buffer", () => {
  expect(decodeClientText(Buffer.from("xxabc").subarray(2))).toBe("abc");
  expect(decodeClientText(Buffer.from("xxäbc").subarray(2))).toBe("äbc");
  expect(decodeClientText(new Uint8Array())).toBe("");
});
