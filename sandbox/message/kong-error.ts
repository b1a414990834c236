/** Kong's own error answers, in JSON. (Kong also sends HTML, XML and plain text, as `Accept` asks.) */
import type { OutgoingResponse } from "./exchange.ts";
import type { ExitResponse } from "./exit-response.ts";
import { toGrpcAnswer } from "./grpc-answer.ts";
import type { Header } from "./header-list.ts";

export const SERVER_NAME = "jwt-policy-sandbox";

const NOTHING = new Uint8Array(0);

/** An error answer of the gateway itself. `headers` are added to the usual ones. */
export interface Refusal {
  status: number;
  message: string;
  headers?: readonly Header[];
  /** Whether Kong's router refuses the request. A gRPC client then gets only the code. From nginx, or on a failure, it gets the message. */
  byRouter?: boolean;
}

/** @param isGrpc whether the client uses gRPC, and reads headers instead of a body. */
export function createErrorAnswer(requestId: string, refusal: Refusal, isGrpc: boolean): ExitResponse {
  const { status, message, headers = [], byRouter = false } = refusal;
  if (isGrpc) {
    const answer = byRouter
      ? { status, headers: [["Content-Type", "application/grpc"] as const, ...headers], body: NOTHING }
      : { status, headers, body: Buffer.from(message) };
    return toGrpcAnswer(answer, true);
  }
  const body = Buffer.from(`{\n  "message":"${message}",\n  "request_id":"${requestId}"\n}`);
  return { status, headers: [["Content-Type", "application/json; charset=utf-8"], ...headers], body };
}

/** Sends an answer of the gateway or the plugin, not of an upstream. */
export function sendOwnAnswer(response: OutgoingResponse, requestId: string, answer: ExitResponse): void {
  if (response.isOver()) {
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
  response.send(status, all, body);
}
