import type { IncomingMessage } from "node:http";
import { type HeaderList, readHeaderList } from "./header-list.ts";

/** A request as the client sent it, before Kong routes it. Strings are byte strings, with one character per byte (latin1). */
export interface ReceivedRequest {
  readonly method: string;
  /** nginx's `$request`: `GET /a?b HTTP/1.1`. */
  readonly requestLine: string;
  /** The path and the query of the request. */
  readonly target: string;
  /** The host in an absolute request target, the form that clients send to proxies. */
  readonly targetHost: string | undefined;
  readonly httpVersion: string;
  readonly headers: HeaderList;
  readonly remoteAddress: string;
  /** The port on which the gateway received the request. */
  readonly port: number;
}

export function readReceived({
  method = "",
  url = "",
  httpVersion,
  rawHeaders,
  socket,
}: IncomingMessage): ReceivedRequest {
  // An absolute request target has a scheme and a host, as in requests to proxies. The sandbox uses only the path and
  // the query of such a target.
  const [, targetHost, rest = url] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  return {
    method,
    requestLine: `${method} ${url} HTTP/${httpVersion}`,
    target: rest === "" ? "/" : rest,
    targetHost,
    httpVersion,
    headers: readHeaderList(rawHeaders),
    remoteAddress: (socket.remoteAddress ?? "").replace(/^::ffff:/, ""),
    port: socket.localPort ?? 0,
  };
}
