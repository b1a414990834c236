import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExactDecimal } from "../../../plugin/core/json/exact-number.ts";

describe("the double of a decimal text has exactly the text's value", () => {
  it.each([
    ...["0", "-0", "18", "0.1", "1e18", "1E+18", "10e-1", "1.50", "1e300", "5e-324", "0e999999", "0.1e1", "1.50e0"],
    ...["9007199254740991", "9007199254740992"],
  ])("%s: yes", (text) => {
    expect(isExactDecimal(text)).toBe(true);
  });

  it.each([
    ...["9007199254740993", "9007199254740991.4", "9007199254740992.5", "1147953659032899585", "0.10000000000000001"],
    ...[
      "0.12000000000000000001",
      "1.0000000000000000000000001",
      "1e-400",
      "-1e-99999999999999999999",
      "1e400",
      `${"9".repeat(7_000)}e-7000`,
    ],
  ])("%s: no", (text) => {
    expect(isExactDecimal(text)).toBe(false);
  });

  it("always, if JavaScript wrote the double", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(isExactDecimal(String(value))).toBe(true);
      }),
    );
  });

  it("for a whole number, only if JavaScript writes it in the same form", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 69n }), (value) => {
        expect(isExactDecimal(String(value))).toBe(String(Number(value)) === String(value));
      }),
    );
  });
});
