import type { Server } from "node:net";

/** Node's 511 is less than some clients open at once; the kernel would drop the rest, and they would wait or be reset. */
const BACKLOG = 4096;

/**
 * Listens on a port of the loopback address, or of another one.
 *
 * @param port 0 takes any free one.
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
