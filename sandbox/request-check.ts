/** What nginx refuses before Kong and its plugins see a request. */
import type { ReceivedRequest } from "./exchange.ts";
import { findHeaders, type HeaderList } from "./header-list.ts";
import type { Refusal } from "./kong-error.ts";
import { isAcceptedPath, stripQuery } from "./request-path.ts";

/** nginx's defaults: `client_header_buffer_size 1k` and `large_client_header_buffers 4 8k`. */
const FIRST_BUFFER_BYTES = 1024;
const LARGE_BUFFER_BYTES = 8 * 1024;
const LARGE_BUFFERS = 4;

/** More header lines than these get 400 from Kong's nginx. */
const MAX_HEADER_LINES = 1000;

/** Headers that nginx answers with 400 when they come twice. */
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
  if (!["1.0", "1.1", "2.0"].includes(httpVersion)) {
    return { status: 505, message: "HTTP version not supported" };
  }
  // Of HTTP/2 nginx bounds the sum of all headers, and breaks the stream off: http2-server.ts.
  const tooLarge = httpVersion === "2.0" ? undefined : checkSizes(requestLine, headers);
  if (tooLarge !== undefined) {
    return tooLarge;
  }
  // node's parser for HTTP/1.1 knows its methods; the one for HTTP/2 takes any token.
  if (!/^[A-Z_-]+$/.test(method) || method === "CONNECT") {
    return BAD_REQUEST;
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

/** nginx's `$host`: in lower case, without port and final dot. @returns undefined for what nginx takes for no host. */
export function readHostName(host: string): string | undefined {
  const [, name = ""] = /^(\[[^\]]*\]|[^:]*)/.exec(host) ?? [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (name === "" || name === "." || name.includes("..") || /[\x00-\x20\x7f/]/.test(host)) {
    return undefined;
  }
  return name.toLowerCase().replace(/\.$/, "");
}

/** nginx packs lines into buffers; a line that does not fit into the rest of one moves to a new large one as a whole. */
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
