import { describe, expect, it } from "vitest";
import { halfSipHash } from "../../../../plugin/observe/abuse/tables/half-sip-hash.ts";
import { KeyedHash } from "../../../../plugin/observe/abuse/tables/keyed-hash.ts";

/**
 * vectors_hsip64 of https://github.com/veorq/SipHash. The key is 00 01 … 07, and the texts are 00 01 … with these
 * lengths.
 */
const VECTORS = [
  ...["218d1f59b9b83cc8", "be552412f8387315", "064f39ef7c50eb57", "ce0f1a45f7060679", "d5e78a175be52ea1"],
  ...["cb9d7c3f2f3db580", "ce3e91358aa2bc25", "ff202728b07bc684", "edfee820bce4858c", "5b51cccc13888307"],
  ...["95b0469f06a6f2ee", "ae26333994ddcd48", "7bc71f9faef5c799", "5a2352d75a0c3744", "3bb1a870eae8e658"],
];

describe("HalfSipHash-2-4", () => {
  it.each(VECTORS.map((hash, length) => [length, hash] as const))("of %i bytes is %s", (length, hash) => {
    const bytes = Uint8Array.from({ length: 64 }, (_, index) => index);
    const words = halfSipHash({ low: 0x03020100, high: 0x07060504 }, new DataView(bytes.buffer), length);
    expect(Buffer.from(new Int32Array(words).buffer).toString("hex")).toBe(hash);
  });
});

describe("the keyed hash", () => {
  const key = (byte: number): Uint8Array => new Uint8Array(24).map((_, index) => byte * 31 + index);

  it("is equal for equal values, and differs for another value or another key", () => {
    const [one, other] = [new KeyedHash(key(1)), new KeyedHash(key(2))];
    expect(one.identify("a")).toEqual(one.identify(new Uint8Array([97])));
    expect(one.identify("a")).not.toEqual(one.identify("b"));
    expect(one.identify("a")).not.toEqual(other.identify("a"));
    expect(one.ofWords([4, 5])).toBe(one.ofWords([4, 5]));
    expect(one.ofWords([4, 5])).not.toBe(one.ofWords([5, 4]));
    expect(one.ofWords([4, 5])).not.toBe(other.ofWords([4, 5]));
  });

  it("has independent halves, and reads only the given part of a buffer", () => {
    const { group, tag, third, fourth } = new KeyedHash(key(1)).identify("a");
    expect(new Set([group, tag, third, fourth]).size).toBe(4);
    const bytes = new TextEncoder().encode("xabcdey");
    expect(new KeyedHash(key(1)).identify(bytes.subarray(1, 6))).toEqual(new KeyedHash(key(1)).identify("abcde"));
  });

  it("requires a whole key", () => {
    expect(() => new KeyedHash(new Uint8Array(16))).toThrow("a key has 24 bytes, not 16");
  });

  it("spreads 60,000 networks with as many collisions as chance allows", () => {
    const hash = new KeyedHash(key(3));
    const seen = new Set(Array.from({ length: 60_000 }, (_, index) => hash.ofWords([4, index << 8])));
    expect(seen.size).toBeGreaterThan(59_990);
    expect(seen).not.toContain(0);
  });
});
