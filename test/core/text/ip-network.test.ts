import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isInside, keepBits, parseAddress, parseIpv6, parseNetwork } from "../../../plugin/core/text/ip-network.ts";

describe("an IP address", () => {
  it.each<[text: string, words: readonly number[]]>([
    ["192.0.2.7", [0xc0000207 | 0]],
    ["0.0.0.0", [0]],
    ["255.255.255.255", [-1]],
    ["2001:db8::1", [0x20010db8, 0, 0, 1]],
    ["2001:db8:0:0:0:0:0:1", [0x20010db8, 0, 0, 1]],
    ["::", [0, 0, 0, 0]],
    ["1:2:3:4:5:6:7::", [0x00010002, 0x00030004, 0x00050006, 0x00070000]],
    ["1::ffff:192.0.2.7", [0x00010000, 0, 0xffff, 0xc0000207 | 0]],
    ["0:0:1:0:0:ffff:c000:207", [0, 0x00010000, 0xffff, 0xc0000207 | 0]],
    ["fe80::", [0xfe800000 | 0, 0, 0, 0]],
    ["::ffff:192.0.2.7", [0xc0000207 | 0]],
    ["64:ff9b::192.0.2.7", [0x0064ff9b, 0, 0, 0xc0000207 | 0]],
  ])("%s is read", (text, words) => {
    expect(parseAddress(text)).toEqual(words);
  });

  it.each([
    ...[
      "",
      "unix:",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "01.2.3.4",
      "1..2.3",
      "1.2.3.",
      ".1.2.3",
      "1.2.3.4 ",
      "1.2.3.a",
    ],
    ...[
      ":",
      ":::",
      "1:2",
      "::1::",
      "12345::",
      "g::",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7::8:9",
      "1:2:3:4:5:6:7:8::g",
      "::1.2.3",
      "fe80::1%eth0",
    ],
  ])("%j is none", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  it("any text is read without an error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789abf.:/%") }), (text) => {
        const words = parseAddress(text);
        expect([undefined, 1, 4]).toContain(words?.length);
      }),
    );
  });
});

it("the groups of an address are numbers, also those that :: leaves out", () => {
  expect(parseIpv6("1::2")).toEqual([1, 0, 0, 0, 0, 0, 0, 2]);
});

it.each<[bits: number, kept: readonly number[]]>([
  [0, [0, 0, 0, 0]],
  [1, [-(2 ** 31), 0, 0, 0]],
  [32, [-1, 0, 0, 0]],
  [48, [-1, -65_536, 0, 0]],
  [127, [-1, -1, -1, -2]],
  [128, [-1, -1, -1, -1]],
])("the first %i bits of an address are kept", (bits, kept) => {
  expect(keepBits([-1, -1, -1, -1], bits)).toEqual(kept);
});

describe("a network", () => {
  const contains = (network: string, address: string): boolean => {
    const [inside, words] = [parseNetwork(network), parseAddress(address)];
    return inside !== undefined && words !== undefined && isInside(words, inside);
  };

  it.each<[network: string, inside: string, outside: string]>([
    ["10.0.0.0/8", "10.255.0.1", "11.0.0.1"],
    ["192.0.2.7", "192.0.2.7", "192.0.2.8"],
    ["192.0.2.0/31", "192.0.2.1", "192.0.2.2"],
    ["0.0.0.0/0", "203.0.113.9", "::1"],
    ["2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"],
    ["::1", "::1", "::2"],
    ["fc00::/7", "fd12::1", "fe80::1"],
  ])("%s contains %s and not %s", (network, inside, outside) => {
    expect([contains(network, inside), contains(network, outside)]).toEqual([true, false]);
  });

  it.each([
    "10.0.0.0/8 ",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "10.0.0.0/-1",
    "example.com",
  ])("%j is none", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});
