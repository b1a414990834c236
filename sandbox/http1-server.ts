import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "./exchange.ts";
import { toHttp1Exchange } from "./http1-exchange.ts";

/** More than request-check.ts lets pass: node must read what nginx refuses by rules of its own. */
const MAX_HEADER_BYTES = 64 * 1024;

/** A server for connections that others accept: they are handed over by its event `connection`. */
export function createHttp1Server(idleTimeout: number, onExchange: (exchange: Exchange) => void): Server {
  const server = createServer(
    // Without a Host nginx answers in its own way.
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: idleTimeout, requireHostHeader: false },
    (incoming, outgoing) => onExchange(toHttp1Exchange(incoming, outgoing, false)),
  );
  server.on("checkContinue", (incoming, outgoing) => onExchange(toHttp1Exchange(incoming, outgoing, true)));
  // nginx knows no other expectation than that, and overlooks what it does not know.
  server.on("checkExpectation", (incoming, outgoing) => onExchange(toHttp1Exchange(incoming, outgoing, false)));
  server.on("clientError", refuseMalformed);
  server.on("connect", (_, socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  // It looks for slow requests from when it listens, which it does not do itself.
  server.emit("listening");
  return server;
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
