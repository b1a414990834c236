import { expect, it } from "vitest";
import { networkOf } from "../../../../plugin/observe/abuse/tables/network-of.ts";
import { abuseSettings } from "../settings.ts";

const { sharedTokens } = abuseSettings({
  shared_tokens: { shared_networks: { cluster: ["10.0.0.0/8", "fd00::/8"], cloud: ["192.0.2.10", "198.51.100.0/28"] } },
});
const options = {
  ipv4Prefix: sharedTokens?.ipv4Prefix ?? 0,
  ipv6Prefix: sharedTokens?.ipv6Prefix ?? 0,
  shared: sharedTokens?.sharedNetworks ?? [],
};

it.each<[same: boolean, why: string, one: string, other: string]>([
  [true, "the first 24 bits are equal", "203.0.113.7", "203.0.113.200"],
  [false, "the first 24 bits differ", "203.0.113.7", "203.0.114.7"],
  [true, "the first 56 bits are equal", "2001:db8:0:7f::1", "2001:db8:0:01:abcd::2"],
  [false, "the first 56 bits differ", "2001:db8:0:100::1", "2001:db8:0:200::1"],
  [true, "an IPv4 address comes inside an IPv6 address", "203.0.113.7", "::ffff:203.0.113.9"],
  [true, "both are in one group", "192.0.2.10", "198.51.100.3"],
  [true, "both are in one group, one with IPv6", "10.1.2.3", "fd00::1"],
  [false, "they are in different groups", "10.1.2.3", "192.0.2.10"],
  [false, "only one is in a group", "192.0.2.10", "192.0.2.11"],
  [true, "neither is an address", "unix:", ""],
])("two clients are in the same network (%s) if %s", (same, _, one, other) => {
  const [first, second] = [one, other].map((address) => JSON.stringify(networkOf(address, options)));
  expect(first === second).toBe(same);
});
