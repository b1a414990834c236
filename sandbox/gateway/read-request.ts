/** The steps of nginx and Kong before any plugin runs: check the request, normalise the path, find the Route. */

import type { KongRoute } from "../config/kong-config.ts";
import { normalizePath, stripQuery } from "../config/request-path.ts";
import type { ExitResponse } from "../message/exit-response.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { findHeaders } from "../message/header-list.ts";
import { createErrorAnswer, type Refusal } from "../message/kong-error.ts";
import type { ReceivedRequest } from "../message/received-request.ts";
import { checkRequest, readHostName } from "./request-check.ts";
import type { MatchRoute } from "./router.ts";

type RoutedRequest = Omit<GatewayRequest, "nginxVariables" | "consumers" | "authenticated">;

/** Kong's answer to a plain http request if the Route is only for https. */
const NEEDS_TLS: Refusal = {
  status: 426,
  message: "Please use HTTPS protocol",
  headers: [
    ["Connection", "Upgrade, close"],
    ["Upgrade", "TLS/1.2, HTTP/1.1"],
  ],
};

/** Kong's answers if a request of a gRPC Route is not gRPC over HTTP/2. */
const NOT_GRPC: Refusal = { status: 415, message: "Non-gRPC request matched gRPC route" };
const NEEDS_HTTP2: Refusal = {
  status: 426,
  message: "Please use HTTP2 protocol",
  headers: [
    ["Connection", "Upgrade"],
    ["Upgrade", "HTTP/2"],
  ],
};

/** @returns the request with its Route, or the answer that refuses the request. */
export function readRequest(
  received: ReceivedRequest,
  id: string,
  match: MatchRoute,
): { request: RoutedRequest } | { answer: ExitResponse } {
  const refuse = (refusal: Refusal) => ({ answer: createErrorAnswer(id, refusal) });
  const refusal = checkRequest(received);
  if (refusal !== undefined) {
    return refuse({ ...refusal, headers: [["Connection", "close"]] });
  }
  const { method, target, targetHost, headers } = received;
  const [hostHeader] = findHeaders(headers, "host");
  const matched = match(method, hostHeader, normalizePath(stripQuery(target)), headers);
  if (matched === undefined) {
    return refuse({ status: 404, message: "no Route matched with those values" });
  }
  const host = readHostName(targetHost ?? hostHeader ?? "") ?? "kong";
  // As on Kong, the protocols of a Route have no influence on routing.
  const unserved = refuseProtocol(matched.route, received, host);
  if (unserved !== undefined) {
    return refuse(unserved);
  }
  return { request: { ...received, id, host, ...matched } };
}

function refuseProtocol(
  { protocols, httpsRedirectStatus = 426 }: KongRoute,
  { headers, target }: ReceivedRequest,
  host: string,
): Refusal | undefined {
  if (protocols.includes("https") && !protocols.includes("http")) {
    return httpsRedirectStatus === 426
      ? NEEDS_TLS
      : { status: httpsRedirectStatus, message: "", headers: [["Location", `https://${host}${target}`]] };
  }
  if (protocols.includes("grpc") || protocols.includes("grpcs")) {
    const [contentType = ""] = findHeaders(headers, "content-type");
    return contentType.startsWith("application/grpc") ? NEEDS_HTTP2 : NOT_GRPC;
  }
  return undefined;
}
