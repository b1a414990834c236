import type { Server, Socket } from "node:net";

/**
 * Keeps an HTTP server open for new clients, even if many old connections stay open. If there are more connections than the
 * limit, the oldest connection is closed. A probe takes only milliseconds. So except in a flood of connections, the
 * server has already answered on the oldest connection.
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
