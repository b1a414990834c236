import type { NeighbourName } from "../gateways/neighbours.ts";

/** Ports inside the shared network. Kong's are published as well: there Kong sees clients from the network. */
export const KONG_PORTS = { plain: 8000, tls: 8443 } as const;
/** Connections to these ports reach Kong from the loopback address. */
export const RELAY_PORTS = { plain: 9000, tls: 9443 } as const;
export const CONTROL_PORT = 9001;

/** The program prints this line when it serves. */
export const READY = "the neighbours are ready";

/** A call of a test over the control port. */
export type Question =
  | { readonly start: NeighbourName }
  | { readonly number: number; readonly method: string; readonly args: readonly unknown[] };
