import { BlockList, isIPv4, isIPv6 } from "node:net";

/**
 * The plugin connects to none of these addresses: no key server can have them, or a request from a gateway could do
 * harm there. Private ranges are allowed because clusters use them.
 */
const REFUSED: readonly (readonly [kind: string, ...subnets: readonly string[]])[] = [
  ["unspecified", "0.0.0.0/8", "::/128"],
  ["loopback", "127.0.0.0/8", "::1/128"],
  ["link-local", "169.254.0.0/16", "fe80::/10"],
  // The metadata services of Amazon, Google, Oracle and Scaleway over IPv6, and of Alibaba, Azure and Oracle over IPv4. The
  // metadata services of other clouds are link-local.
  ["cloud metadata", "fd00:ec2::/32", "fd20:ce::254/128", "fd00:c1::a9fe:a9fe/128", "fd00:42::42/128"],
  ["cloud metadata", "100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32"],
  ["multicast", "224.0.0.0/4", "ff00::/8"],
  ["reserved or broadcast", "240.0.0.0/4", "::/96"], // This entry comes after the entry for loopback, because ::/96 includes loopback.
  ["tunnel", "2001::/32"], // Teredo addresses are refused, because the address alone does not show where the tunnel ends.
];

const LISTS = REFUSED.map(([kind, ...subnets]) => {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = "", length] = subnet.split("/");
    list.addSubnet(network, Number(length), isIPv4(network) ? "ipv4" : "ipv6");
  }
  return { kind, list };
});

/**
 * Says why connections to an address are refused; undefined if connections are allowed. If an IPv6 address contains an
 * IPv4 address, the IPv4 address is checked too.
 *
 * @param address as a resolver returns it.
 * @param isLoopbackMeant whether the URL itself names a loopback host. If so, only loopback addresses are allowed.
 */
export function findRefusal(address: string, isLoopbackMeant: boolean): string | undefined {
  const [bare = ""] = address.split("%"); // The part after the % is the address's zone.
  if (!isIPv4(bare) && !isIPv6(bare)) {
    return "not an address";
  }
  const kinds = [bare, ...embeddedAddresses(bare)].map(kindOf).filter((kind) => kind !== undefined);
  if (isLoopbackMeant) {
    return kinds.length === 1 && kinds[0] === "loopback" ? undefined : "not a loopback address";
  }
  const [kind] = kinds;
  return kind && `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind} address`;
}

function kindOf(address: string): string | undefined {
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  return LISTS.find(({ list }) => list.check(address, family))?.kind;
}

/** Returns the IPv4 addresses that an IPv6 address may contain. */
function embeddedAddresses(address: string): readonly string[] {
  if (isIPv4(address)) {
    return [];
  }
  const groups = groupsOf(address);
  const bytes = groups.flatMap((group) => [group >> 8, group & 0xff]);
  const at = (...places: readonly number[]): string => places.map((place) => bytes[place]).join(".");
  const startsWith = (...prefix: readonly number[]): boolean => prefix.every((group, index) => groups[index] === group);
  const last = at(12, 13, 14, 15);
  if (startsWith(0x64, 0xff9b, 1)) {
    // This is an address of local NAT64 (RFC 8215). The code does not know the length of the operator's prefix. So the
    // IPv4 address may be at one of four positions (RFC 6052 section 2.2).
    const readings = [last, at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12)];
    // Only one of the four candidates is the IPv4 address. A candidate that begins with `0.` cannot be the address.
    return readings.filter((reading) => !reading.startsWith("0."));
  }
  if (startsWith(0x2002)) {
    return [at(2, 3, 4, 5)]; // 6to4 (RFC 3056 section 2).
  }
  const isMapped = startsWith(0, 0, 0, 0, 0, 0xffff); // RFC 4291 section 2.5.5.2
  const isTranslated = startsWith(0, 0, 0, 0, 0xffff, 0); // RFC 2765 section 2.1
  const isNat64 = startsWith(0x64, 0xff9b, 0, 0, 0, 0); // RFC 6052 section 2.1
  return isMapped || isTranslated || isNat64 ? [last] : [];
}

/** Returns the eight groups of an IPv6 address in any spelling. The URL parser normalises the spelling (RFC 5952). */
function groupsOf(address: string): readonly number[] {
  const [head = "", tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split("::");
  const read = (text: string | undefined): number[] =>
    text ? text.split(":").map((group) => Number.parseInt(group, 16)) : [];
  const [first, rest] = [read(head), read(tail)];
  return [...first, ...Array<number>(8 - first.length - rest.length).fill(0), ...rest];
}
