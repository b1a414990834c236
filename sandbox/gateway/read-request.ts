/** The steps of nginx and Kong before the plugins: check, normalise, route. */

import { normalizePath, stripQuery } from "../config/request-path.ts";
import type { ReceivedRequest } from "../message/exchange.ts";
import type { ExitResponse } from "../message/exit-response.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { isGrpcRequest } from "../message/grpc-answer.ts";
import { findHeaders } from "../message/header-list.ts";
import { createErrorAnswer, type Refusal } from "../message/kong-error.ts";
import { checkProtocols } from "./check-protocols.ts";
import { checkRequest, readHostName } from "./request-check.ts";
import type { MatchRoute } from "./router.ts";

type RoutedRequest = Omit<GatewayRequest, "nginxVariables" | "consumers" | "authenticated">;

/** @returns the request with its Route, or a refusal. */
export function readRequest(
  received: ReceivedRequest,
  id: string,
  match: MatchRoute,
): { request: RoutedRequest } | { answer: ExitResponse } {
  const refuse = (refusal: Refusal) => ({ answer: createErrorAnswer(id, refusal, isGrpcRequest(received)) });
  const refusal = checkRequest(received);
  if (refusal !== undefined) {
    return refuse({ ...refusal, headers: [["Connection", "close"]] });
  }
  const { method, target, targetHost, headers } = received;
  const [hostHeader] = findHeaders(headers, "host");
  const matched = match(method, hostHeader, normalizePath(stripQuery(target)));
  if (matched === undefined) {
    return refuse({ status: 404, message: "no Route matched with those values", byRouter: true });
  }
  const answer = checkProtocols(matched.route.protocols, received, id);
  if (answer !== undefined) {
    return { answer };
  }
  const host = readHostName(targetHost ?? hostHeader ?? "") ?? "kong";
  return { request: { ...received, id, host, ...matched } };
}
