import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { listenOn } from "./listen.ts";

/**
 * Node's limit is higher than the limits in request-check.ts. Node must accept large requests, because request-check.ts
 * refuses them by nginx's own limits.
 */
const MAX_HEADER_BYTES = 64 * 1024;
/** After this number of milliseconds, an idle connection is closed. */
const IDLE_TIMEOUT = 60_000;

/** @param awaitsContinue whether the client waits for `100 Continue` before it sends the body. */
export type OnRequest = (incoming: IncomingMessage, outgoing: ServerResponse, awaitsContinue: boolean) => void;

interface HttpServer {
  readonly port: number;
  /** Stops listening and closes all connections. */
  stop(): Promise<void>;
}

/**
 * Listens for HTTP/1.1 and HTTP/1.0 on the loopback address.
 *
 * @param port 0 means any free port.
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export async function startHttpServer(port: number, onRequest: OnRequest): Promise<HttpServer> {
  const server = createServer(
    // Node accepts requests without a Host, because request-check.ts answers them as nginx does.
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: IDLE_TIMEOUT, requireHostHeader: false },
    (incoming, outgoing) => onRequest(incoming, outgoing, false),
  );
  server.on("checkContinue", (incoming, outgoing) => onRequest(incoming, outgoing, true));
  // nginx supports only the expectation `100-continue` and ignores all others.
  server.on("checkExpectation", (incoming, outgoing) => onRequest(incoming, outgoing, false));
  server.on("clientError", refuseMalformed);
  server.on("connect", (_, socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  // This set has the sockets of all connections. Node's own list lacks connections whose request Node could not parse.
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listenOn(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

function refuseMalformed(
  error: NodeJS.ErrnoException,
  socket: { writable: boolean; end(text: string): void; destroy(): void },
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = error.code === "HPE_HEADER_OVERFLOW" ? "Request header or cookie too large" : "Bad request";
  const body = `{\n  "message":"${message}",\n  "request_id":""\n}`;
  socket.end(
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\n" +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
