/** The checks that nginx makes before Kong sees a request. */

import { isAcceptedPath, stripQuery } from "../config/request-path.ts";
import { findHeaders, type HeaderList } from "../message/header-list.ts";
import type { Refusal } from "../message/kong-error.ts";
import type { ReceivedRequest } from "../message/received-request.ts";

/** nginx's defaults: `client_header_buffer_size 1k` and `large_client_header_buffers 4 8k`. */
const FIRST_BUFFER_BYTES = 1024;
const LARGE_BUFFER_BYTES = 8 * 1024;
const LARGE_BUFFERS = 4;

/** The largest number of header lines. Kong's nginx answers 400 to requests with more header lines. */
const MAX_HEADER_LINES = 1000;

/** If a request has one of these headers twice, nginx answers 400. */
const UNIQUE_HEADERS = [
  "host",
  "authorization",
  "content-length",
  "content-range",
  "expect",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "transfer-encoding",
];

const BAD_REQUEST: Refusal = { status: 400, message: "Bad request" };

export function checkRequest(received: ReceivedRequest): Refusal | undefined {
  const { method, requestLine, target, httpVersion, headers } = received;
  if (!["1.0", "1.1"].includes(httpVersion)) {
    return { status: 505, message: "HTTP version not supported" };
  }
  const tooLarge = checkSizes(requestLine, headers);
  if (tooLarge !== undefined) {
    return tooLarge;
  }
  if (method === "TRACE") {
    return { status: 405, message: "Method not allowed" };
  }
  if (headers.length > MAX_HEADER_LINES) {
    return BAD_REQUEST;
  }
  const hosts = findHeaders(headers, "host");
  const wrongHost = hosts.length === 0 ? httpVersion !== "1.0" : hosts.some((host) => readHostName(host) === undefined);
  const repeated = UNIQUE_HEADERS.some((name) => findHeaders(headers, name).length > 1);
  return wrongHost || repeated || !isAcceptedPath(stripQuery(target)) ? BAD_REQUEST : undefined;
}

/**
 * Returns nginx's `$host`: the host in lower case, without port and final dot. Returns undefined if nginx does not
 * accept the host.
 */
export function readHostName(host: string): string | undefined {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)/.exec(host) ?? [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this searches for control characters
  if (name === "" || name === "." || name.includes("..") || /[\x00-\x20\x7f/]/.test(host)) {
    return undefined;
  }
  return name.toLowerCase().replace(/\.$/, "");
}

/**
 * nginx puts lines into buffers. If a line does not fit into the rest of a buffer, nginx moves the whole line to a new
 * large buffer.
 */
function checkSizes(requestLine: string, headers: HeaderList): Refusal | undefined {
  let free = FIRST_BUFFER_BYTES;
  let buffers = 0;
  const fits = (bytes: number): boolean => {
    if (bytes > free) {
      buffers += 1;
      free = LARGE_BUFFER_BYTES;
    }
    free -= bytes;
    return free >= 0 && buffers <= LARGE_BUFFERS;
  };
  const lineEnd = 2;
  if (!fits(requestLine.length + lineEnd)) {
    return { status: 414, message: "URI too long" };
  }
  return headers.every(([name, value]) => fits(name.length + ": ".length + value.length + lineEnd))
    ? undefined
    : { status: 400, message: "Request header or cookie too large" };
}
