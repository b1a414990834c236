import { ADDRCONFIG } from "node:dns";
import { lookup } from "node:dns/promises";

export interface ResolvedAddress {
  readonly address: string;
  /** 4 or 6. */
  readonly family: number;
}

/** All addresses of a name, in the order to try them; rejects when there are none. */
export type ResolveName = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** As the operating system resolves names, with its hosts file, and in no family that this machine has no network for. */
export const resolveName: ResolveName = (hostname) => lookup(hostname, { all: true, hints: ADDRCONFIG });
