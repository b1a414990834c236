import type { Server } from "node:net";

/**
 * Listens on a port of the loopback address.
 *
 * @param port 0 takes any free one.
 * @throws Error with `code` such as EADDRINUSE.
 */
export function listenOn(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
