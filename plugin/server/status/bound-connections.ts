import type { Server, Socket } from "node:net";

/**
 * Keeps a server open for new clients, however many old connections stay open. A connection beyond the limit ends the oldest one.
 * A probe takes milliseconds, so the oldest connection is never one that is being answered, unless the server is flooded.
 */
export function boundConnections(server: Server, max: number): void {
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    for (const oldest of open) {
      if (open.size <= max) {
        break;
      }
      open.delete(oldest);
      oldest.destroy();
    }
  });
}
