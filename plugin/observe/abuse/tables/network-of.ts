import { type AddressWords, isInside, keepBits, type Network, parseAddress } from "../../../core/text/ip-network.ts";

export interface NetworkOptions {
  /** How many bits at the start of an address identify its network. */
  readonly ipv4Prefix: number;
  readonly ipv6Prefix: number;
  /** All addresses in one group count as one network. If several groups contain an address, the first group counts. */
  readonly shared: readonly (readonly Network[])[];
}

const OTHER: AddressWords = [0];
const IPV4_WORDS = 1;

/**
 * Finds the network of a client's address, for the detection of abuse. The result is a list of words, and equal
 * networks have equal lists. All clients without an IP address count as one network. Clients on a Unix socket, for
 * example, have no IP address.
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
