import { ADDRCONFIG } from "node:dns";
import { lookup } from "node:dns/promises";

export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** Returns all addresses of a name, in the order in which to try them. Rejects if the name has no address. */
export type ResolveName = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/**
 * Resolves names like the operating system: with its hosts file, and only to address families for which this machine has a network.
 */
export const resolveName: ResolveName = (hostname) => lookup(hostname, { all: true, hints: ADDRCONFIG });
