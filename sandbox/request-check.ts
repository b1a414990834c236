/** What nginx refuses before Kong and its plugins see a request. */
import { findHeaders, type Header, type HeaderList } from "./header-list.ts";
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

/** An error answer of the gateway itself; `headers` in addition to the usual ones. */
export interface Refusal {
  status: number;
  message: string;
  headers?: readonly Header[];
}

const BAD_REQUEST: Refusal = { status: 400, message: "Bad request" };

/** What the client's bytes say, before Kong routes them. */
export interface ReceivedRequest {
  method: string;
  requestLine: string;
  /** Path and query. */
  target: string;
  httpVersion: string;
  headers: HeaderList;
}

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
  const wrongHost = hosts.length === 0 ? httpVersion === "1.1" : hosts.some((host) => readHostName(host) === undefined);
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
