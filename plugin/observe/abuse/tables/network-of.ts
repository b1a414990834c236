import { type AddressWords, isInside, keepBits, type Network, parseAddress } from "../../../core/text/ip-network.ts";

export interface NetworkOptions {
  /** How many bits of an address name its network. */
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  /** All addresses of one group count as one network. The first group that contains the address counts. */
  readonly shared: readonly (readonly Network[])[];
}

const OTHER: AddressWords = [0];
const IPV4_WORDS = 1;

/**
 * Reduces a client's address to the network that it counts as. Equal networks have equal words. A client without an IP address, such as on
 * a Unix socket, belongs to one common network.
 */
export function networkOf(address: string, { ipv4Prefix, ipv6Prefix, shared }: NetworkOptions): AddressWords {
  const words = parseAddress(address);
  if (words === undefined) {
    return OTHER;
  }
  const index = shared.findIndex((group) => group.some((network) => isInside(words, network)));
  if (index >= 0) {
    return [0, index];
  }
  const isIpv4 = words.length === IPV4_WORDS;
  return [isIpv4 ? 4 : 6, ...keepBits(words, isIpv4 ? ipv4Prefix : ipv6Prefix)];
}
