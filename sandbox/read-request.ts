/** The steps of nginx and Kong before the plugins: check, normalise, route. */
import { checkProtocols } from "./check-protocols.ts";
import type { ReceivedRequest } from "./exchange.ts";
import type { ExitResponse } from "./exit-response.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { isGrpcRequest } from "./grpc-answer.ts";
import { findHeaders } from "./header-list.ts";
import { createErrorAnswer, type Refusal } from "./kong-error.ts";
import { checkRequest, readHostName } from "./request-check.ts";
import { normalizePath, stripQuery } from "./request-path.ts";
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
