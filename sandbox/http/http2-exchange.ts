/** Exchanges of HTTP/2, over node:http2: one for each stream. */
import type { ServerHttp2Stream } from "node:http2";
import { PassThrough, Writable } from "node:stream";
import type { Exchange, OutgoingResponse, ReceivedRequest } from "../message/exchange.ts";
import { findHeaders, type Header, type HeaderList, readHeaderList, setHeader } from "../message/header-list.ts";
import { toHttp2Headers } from "./http2-headers.ts";

/** @param raw names and values in turn, pseudo-headers first, as node:http2 provides them. */
export function toHttp2Exchange(stream: ServerHttp2Stream, raw: readonly string[]): Exchange {
  return {
    received: readReceived(stream, raw),
    hasBody: !stream.endAfterHeaders,
    // A separate stream: its reader may destroy it when the upstream fails, but the answer must still be sent.
    openBody: () => stream.pipe(new PassThrough()),
    response: createResponse(stream),
  };
}

function readReceived({ session }: ServerHttp2Stream, raw: readonly string[]): ReceivedRequest {
  const pseudo = readPseudoHeaders(raw);
  const method = pseudo.get(":method") ?? "";
  const target = pseudo.get(":path") ?? "";
  const authority = pseudo.get(":authority");
  const fields = joinCookies(readHeaderList(raw));
  return {
    method,
    requestLine: `${method} ${target} HTTP/2.0`,
    target,
    targetHost: undefined,
    httpVersion: "2.0",
    headers: authority === undefined ? fields : [["host", authority], ...fields],
    scheme: session?.encrypted ? "https" : "http",
    remoteAddress: (session?.socket?.remoteAddress ?? "").replace(/^::ffff:/, ""),
    port: session?.socket?.localPort ?? 0,
  };
}

function readPseudoHeaders(raw: readonly string[]): ReadonlyMap<string, string> {
  const pseudo = new Map<string, string>();
  for (let i = 0; raw[i]?.startsWith(":"); i += 2) {
    pseudo.set(raw[i] ?? "", raw[i + 1] ?? "");
  }
  return pseudo;
}

/** Clients may send each cookie in a separate header (RFC 9113 section 8.2.3). */
function joinCookies(headers: HeaderList): HeaderList {
  const cookies = findHeaders(headers, "cookie");
  return cookies.length > 1 ? setHeader(headers, "cookie", [cookies.join("; ")]) : headers;
}

function createResponse(stream: ServerHttp2Stream): OutgoingResponse {
  const trailers: Header[] = [];
  stream.on("error", () => undefined); // The event `close` follows and is enough.
  const isOver = (): boolean => stream.headersSent || stream.destroyed || stream.closed;
  return {
    isOver,
    send(status, headers, body) {
      stream.respond({ ...toHttp2Headers(headers), ":status": status }, { endStream: body.byteLength === 0 });
      if (!stream.writableEnded) {
        stream.end(body);
      }
    },
    begin(status, headers) {
      stream.once("wantTrailers", () => stream.sendTrailers(toHttp2Headers(trailers)));
      stream.respond({ ...toHttp2Headers(headers), ":status": status }, { waitForTrailers: true });
      // Node ends the stream itself if no body may follow: HEAD, 204, 304.
      return stream.writableEnded ? createDrain() : stream;
    },
    setTrailers: (more) => void trailers.push(...more),
    // `stream.close()` would end the body first, as if it were complete.
    abort: () => void stream.destroy(new Error("broken off")),
    onClose: (listener) => void stream.once("close", listener),
  };
}

function createDrain(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
