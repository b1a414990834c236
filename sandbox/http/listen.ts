import type { Server } from "node:net";

/**
 * The backlog is larger than Node's default of 511, because some clients open more than 511 connections at the same
 * time. With the default, the kernel would drop the other connections, and their clients would wait or get a reset.
 */
const BACKLOG = 4096;

/**
 * Listens on a port, by default on the loopback address.
 *
 * @param port the port; 0 means any free port.
 * @throws Error with `code` such as EADDRINUSE.
 */
export function listenOn(server: Server, port: number, host = "127.0.0.1"): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: BACKLOG }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
