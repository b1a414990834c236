/** Whether a request uses a protocol of its Route. Kong checks this after it has found the Route, never to find one. */

import type { ReceivedRequest } from "../message/exchange.ts";
import type { ExitResponse } from "../message/exit-response.ts";
import { isGrpcContent, isGrpcRequest } from "../message/grpc-answer.ts";
import { findHeaders } from "../message/header-list.ts";
import { createErrorAnswer, type Refusal } from "../message/kong-error.ts";

/** @returns Kong's answer to a request that it does not pass to plugins. Undefined when the protocol is right. */
export function checkProtocols(
  protocols: readonly string[],
  received: ReceivedRequest,
  requestId: string,
): ExitResponse | undefined {
  const refuse = (refusal: Refusal): ExitResponse =>
    createErrorAnswer(requestId, { ...refusal, byRouter: true }, isGrpcRequest(received));
  if (protocols.includes("https") && !protocols.includes("http") && received.scheme !== "https") {
    return refuse({ status: 426, message: "Please use HTTPS protocol", headers: upgradeTo("TLS/1.2, HTTP/1.1") });
  }
  if (!protocols.some((protocol) => protocol.startsWith("grpc"))) {
    return undefined;
  }
  if (!isGrpcContent(findHeaders(received.headers, "content-type")[0])) {
    return refuse({ status: 415, message: "Non-gRPC request matched gRPC route" });
  }
  if (received.httpVersion !== "2.0") {
    return refuse({ status: 426, message: "Please use HTTP2 protocol", headers: upgradeTo("HTTP/2") });
  }
  return protocols.includes("grpc") || received.scheme === "https" ? undefined : WANTS_TLS;
}

const upgradeTo = (protocols: string) =>
  [
    ["Connection", "Upgrade, close"],
    ["Upgrade", protocols],
  ] as const;

const WANTS_TLS: ExitResponse = {
  status: 200,
  headers: [
    ["Content-Type", "application/grpc"],
    ["grpc-status", "1"],
    ["grpc-message", "gRPC request matched gRPCs route"],
  ],
  body: new Uint8Array(0),
};
