/** How Kong adapts its own answers and those of plugins for gRPC clients: `send` in `kong/pdk/response.lua`. */

import type { ReceivedRequest } from "./exchange.ts";
import type { ExitResponse } from "./exit-response.ts";
import { escapeHeaderValue, findHeaders, type Header } from "./header-list.ts";

const GRPC = "application/grpc";

/** gRPC codes for HTTP statuses. Other statuses get the code of their hundred. */
const GRPC_STATUS = new Map([
  [401, 16],
  [403, 7],
  [404, 5],
  [409, 6],
  [429, 8],
  [499, 1],
  [501, 12],
  [503, 14],
  [504, 4],
]);
const GRPC_STATUS_OF_HUNDRED = new Map([
  [2, 0],
  [4, 3],
  [5, 13],
]);
const UNKNOWN = 2;

/** Kong's messages for the codes above. */
const GRPC_WORDS = new Map([
  [0, "OK"],
  [1, "Canceled"],
  [2, "Unknown"],
  [3, "InvalidArgument"],
  [4, "DeadlineExceeded"],
  [5, "NotFound"],
  [6, "AlreadyExists"],
  [7, "PermissionDenied"],
  [8, "ResourceExhausted"],
  [12, "Unimplemented"],
  [13, "Internal"],
  [14, "Unavailable"],
  [16, "Unauthenticated"],
]);

export function isGrpcContent(contentType: string | undefined): boolean {
  return contentType?.startsWith(GRPC) === true;
}

/** Decides by the client's request alone, whatever the protocols of Route and Service are. */
export function isGrpcRequest({ httpVersion, headers }: Pick<ReceivedRequest, "httpVersion" | "headers">): boolean {
  return httpVersion === "2.0" && isGrpcContent(findHeaders(headers, "content-type")[0]);
}

/**
 * Adds `grpc-status` and `grpc-message` where Kong does: to an answer with a gRPC Content-Type, and to an answer without a
 * Content-Type for a gRPC client. In the second case the body becomes the message. With any other Content-Type nothing is added.
 */
export function toGrpcAnswer(answer: ExitResponse, isGrpc: boolean): ExitResponse {
  const { status, headers, body } = answer;
  const type = findHeaders(headers, "content-type")[0];
  if (type === undefined ? !isGrpc : !isGrpcContent(type)) {
    return answer;
  }
  const code = findHeaders(headers, "grpc-status").length > 0 ? undefined : grpcStatusOf(status);
  const added: Header[] = code === undefined ? [] : [["grpc-status", String(code)]];
  if (type !== undefined) {
    const lacksWords = code !== undefined && findHeaders(headers, "grpc-message").length === 0;
    const words: Header[] = lacksWords ? [["grpc-message", GRPC_WORDS.get(code) ?? ""]] : [];
    return { status, headers: [...headers, ...added, ...words], body };
  }
  const kept = headers.filter(([name]) => !["content-length", "grpc-message"].includes(name.toLowerCase()));
  const message = escapeHeaderValue(Buffer.from(body).toString("latin1"));
  const words: Header[] = message === "" ? [] : [["grpc-message", message]];
  return { status, headers: [...kept, ...added, ...words], body: new Uint8Array(0) };
}

function grpcStatusOf(status: number): number {
  return GRPC_STATUS.get(status) ?? GRPC_STATUS_OF_HUNDRED.get(Math.floor(status / 100)) ?? UNKNOWN;
}
