import type { OutgoingHttpHeaders } from "node:http2";
import type { Header } from "../message/header-list.ts";

/** HTTP/2 forbids headers about the connection (RFC 9113 section 8.2.2). `te` is allowed with the value `trailers`. */
const ABOUT_THE_CONNECTION = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Headers for node:http2: names in lower case, several values as a list. Without `host`, because `:authority` replaces it. */
export function toHttp2Headers(headers: readonly Header[]): OutgoingHttpHeaders {
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    if (!ABOUT_THE_CONNECTION.has(key)) {
      values.set(key, [...(values.get(key) ?? []), value]);
    }
  }
  return Object.fromEntries(
    [...values].map(([key, list]) => [key, list.length === 1 ? list[0] : list] satisfies [string, unknown]),
  );
}
