import { networkInterfaces } from "node:os";

/**
 * An address of this machine that is not a loopback address. For a gateway, a client with this address is on the
 * network. Undefined if the machine has no such address.
 */
export function findNetworkAddress(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
}
