/** Exchanges of HTTP/1.1 and HTTP/1.0, over node:http. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Exchange, OutgoingResponse, ReceivedRequest } from "../message/exchange.ts";
import { findHeaders, type HeaderList, readHeaderList } from "../message/header-list.ts";

/** @param awaitsContinue whether the client waits for `100 Continue` before it sends the body. */
export function toHttp1Exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  awaitsContinue: boolean,
): Exchange {
  incoming.on("error", () => outgoing.destroy());
  outgoing.on("error", () => incoming.destroy());
  const received = readReceived(incoming);
  return {
    received,
    hasBody: hasBody(received.headers),
    openBody() {
      if (awaitsContinue) {
        outgoing.writeContinue();
      }
      return incoming;
    },
    response: createResponse(outgoing),
  };
}

function readReceived({ method = "", url = "", httpVersion, rawHeaders, socket }: IncomingMessage): ReceivedRequest {
  // Of an absolute target (with scheme and host, as sent to proxies), only path and query count.
  const [, targetHost, rest = url] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  return {
    method,
    requestLine: `${method} ${url} HTTP/${httpVersion}`,
    target: rest === "" ? "/" : rest,
    targetHost,
    // Other code handles HTTP/2 connections. In a request line of HTTP/1, `HTTP/2.0` is only a claim.
    httpVersion: ["1.0", "1.1"].includes(httpVersion) ? httpVersion : "unknown",
    headers: readHeaderList(rawHeaders),
    scheme: "encrypted" in socket ? "https" : "http",
    remoteAddress: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    port: socket.localPort ?? 0,
  };
}

function hasBody(headers: HeaderList): boolean {
  const length = findHeaders(headers, "content-length")[0];
  return findHeaders(headers, "transfer-encoding").length > 0 || (length !== undefined && Number(length) > 0);
}

function createResponse(outgoing: ServerResponse): OutgoingResponse {
  return {
    isOver: () => outgoing.headersSent || outgoing.destroyed,
    send(status, headers, body) {
      outgoing.writeHead(status, headers.flat());
      outgoing.end(body);
    },
    begin(status, headers) {
      outgoing.writeHead(status, headers.flat());
      return outgoing;
    },
    setTrailers: (trailers) => outgoing.addTrailers(trailers.map(([name, value]): [string, string] => [name, value])),
    abort: () => outgoing.destroy(),
    onClose: (listener) => void outgoing.once("close", listener),
  };
}
