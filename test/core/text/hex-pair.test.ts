import { expect, it } from "vitest";
import { NO_HEX, readHexPair } from "../../../plugin/core/text/hex-pair.ts";

it("reads every byte, in small and in capital letters, at any position", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const text = byte.toString(16).padStart(2, "0");
    expect([readHexPair(text, 0), readHexPair(`%${text.toUpperCase()}`, 1)]).toEqual([byte, byte]);
  }
});

it.each([
  ...["/0", "0/", ":0", "0:", "@0", "0@", "G0", "0G", "`0", "0`", "g0", "0g", "0", "", "\u01300"],
  ...["+1", "1+", " 1", "1 ", "-1", "1-", "1/", "1:", "1g", "\u00001", "1", "x1", "1\u0130"],
])("does not read %j", (text) => {
  expect(readHexPair(text, 0)).toBe(NO_HEX);
});
