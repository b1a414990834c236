import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Exchange } from "../message/exchange.ts";
import { toHttp1Exchange } from "./http1-exchange.ts";

/** More than request-check.ts allows: node must accept such requests so that nginx's own limits, applied there, refuse them. */
const MAX_HEADER_BYTES = 64 * 1024;

/** Creates a server that does not listen. Another listener hands it connections through its event `connection`. */
export function createHttp1Server(idleTimeout: number, onExchange: (exchange: Exchange) => void): Server {
  const server = createServer(
    // request-check.ts answers requests without a Host as nginx does.
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: idleTimeout, requireHostHeader: false },
    (incoming, outgoing) => onExchange(toHttp1Exchange(incoming, outgoing, false)),
  );
  server.on("checkContinue", (incoming, outgoing) => onExchange(toHttp1Exchange(incoming, outgoing, true)));
  // nginx knows only `100-continue` and ignores any other expectation.
  server.on("checkExpectation", (incoming, outgoing) => onExchange(toHttp1Exchange(incoming, outgoing, false)));
  server.on("clientError", refuseMalformed);
  server.on("connect", (_, socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  // Node starts its check for slow requests on this event, but this server never listens itself.
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
