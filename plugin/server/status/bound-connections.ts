import type { Server, Socket } from "node:net";

/**
 * Keeps a server open for new clients, however many old connections stay open. A connection beyond the limit closes the oldest
 * connection. A probe takes milliseconds, so the server has already answered on the oldest connection, except in a flood.
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
