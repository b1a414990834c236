import { ADDRCONFIG } from "node:dns";
import { lookup } from "node:dns/promises";

export interface ResolvedAddress {
  readonly address: string;
  /** The IP version: 4 or 6. */
  readonly family: number;
}

/**
 * Returns all addresses of a host name, in the order in which the plugin should try them. The promise rejects if the
 * name has no address.
 */
export type ResolveName = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/**
 * Resolves names as the operating system does. It uses the hosts file. It returns only addresses of the IP versions for
 * which this machine has a network.
 */
export const resolveName: ResolveName = (hostname) => lookup(hostname, { all: true, hints: ADDRCONFIG });
