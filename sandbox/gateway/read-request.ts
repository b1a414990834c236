/** The steps of nginx and Kong before the plugins: check, normalise, route. */

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

/** @returns the request with its Route, or a refusal. */
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
  const matched = match(method, hostHeader, normalizePath(stripQuery(target)));
  if (matched === undefined) {
    return refuse({ status: 404, message: "no Route matched with those values" });
  }
  // As on Kong, routing does not depend on the protocols of a Route.
  if (!matched.route.protocols.includes("http")) {
    return refuse(NEEDS_TLS);
  }
  const host = readHostName(targetHost ?? hostHeader ?? "") ?? "kong";
  return { request: { ...received, id, host, ...matched } };
}
