/**
 * Kong's own error answers, in JSON. (Kong can also send HTML, XML or plain text, depending on the header `Accept`.)
 */
import type { ServerResponse } from "node:http";
import type { ExitResponse } from "./exit-response.ts";
import type { Header } from "./header-list.ts";

export const SERVER_NAME = "jwt-policy-sandbox";

/** An error answer of the gateway itself. The answer has `headers` in addition to the usual headers. */
export interface Refusal {
  status: number;
  message: string;
  headers?: readonly Header[];
}

export function createErrorAnswer(requestId: string, { status, message, headers = [] }: Refusal): ExitResponse {
  const body = Buffer.from(`{\n  "message":"${message}",\n  "request_id":"${requestId}"\n}`);
  return { status, headers: [["Content-Type", "application/json; charset=utf-8"], ...headers], body };
}

/** Whether an answer has begun, or the connection is closed. */
export function isOver(response: ServerResponse): boolean {
  return response.headersSent || response.destroyed;
}

/** Sends an answer that comes from the gateway or the plugin. */
export function sendOwnAnswer(response: ServerResponse, requestId: string, answer: ExitResponse): void {
  if (isOver(response)) {
    return;
  }
  const { status, headers, body } = answer;
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
