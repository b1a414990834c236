import { renameSync } from "node:fs";
import { createServer, type Socket } from "node:net";

/** The behaviour of a foreign process that listens in place of the plugin server. */
const FOREIGN_MANNERS = {
  /** Accepts connections and sends nothing. */
  silent: () => {},
  closes: (socket: Socket) => void socket.destroy(),
  /** Frames of the right form without a meaning. */
  junk: (socket: Socket) => void socket.on("data", () => socket.write("\x04\0\0\0junk".repeat(8))),
  /** For Kong four zeros are the empty frame, which ends an event. */
  zeros: (socket: Socket) => void socket.on("data", () => socket.write(Buffer.alloc(64))),
} as const;

export type ForeignManner = keyof typeof FOREIGN_MANNERS;

/**
 * Puts a listener of another kind in the place of the plugin server's socket. Returns a function that ends the
 * listener.
 */
export async function occupySocket(path: string, manner: ForeignManner): Promise<() => void> {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    socket.resume();
    FOREIGN_MANNERS[manner](socket);
  });
  const umask = process.umask(0); // Kong may run as another user.
  await new Promise<void>((resolve) => server.listen({ path: `${path}.foreign`, backlog: 4096 }, resolve));
  process.umask(umask);
  renameSync(`${path}.foreign`, path);
  return () => {
    server.close();
    for (const socket of open) {
      socket.destroy();
    }
  };
}
