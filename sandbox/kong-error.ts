/** Kong's own error answers, in JSON. (Kong also writes HTML, XML and plain text when `Accept` asks for them.) */
import type { ServerResponse } from "node:http";
import type { Header } from "./header-list.ts";

export const SERVER_NAME = "jwt-policy-sandbox";

/** @param headers in addition to those that every answer of the gateway has. */
export function sendError(
  response: ServerResponse,
  requestId: string,
  status: number,
  message: string,
  headers: readonly Header[] = [],
): void {
  const body = Buffer.from(`{\n  "message":"${message}",\n  "request_id":"${requestId}"\n}`);
  sendOwnResponse(response, requestId, status, [["Content-Type", "application/json; charset=utf-8"], ...headers], body);
}

/** Sends a response that comes from the gateway or its plugin, not from an upstream. */
export function sendOwnResponse(
  response: ServerResponse,
  requestId: string,
  status: number,
  headers: readonly Header[],
  body: Uint8Array,
): void {
  if (response.headersSent || response.destroyed) {
    return;
  }
  const own: Header[] = [
    ["Server", SERVER_NAME],
    ["X-Kong-Request-Id", requestId],
  ];
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const all = [...headers, ...own.filter(([name]) => !named.has(name.toLowerCase()))];
  if (!named.has("content-length")) {
    all.push(["Content-Length", String(body.byteLength)]);
  }
  response.writeHead(status, all.flat());
  response.end(body);
}
