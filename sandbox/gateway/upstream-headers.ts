/** The headers of a proxied request and of its response, as Kong and nginx would send them. */

import { stripQuery } from "../config/request-path.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { findHeaders, type Header, type HeaderList, removeHeader } from "../message/header-list.ts";
import { SERVER_NAME } from "../message/kong-error.ts";

/** Headers that nginx itself sets or removes, whatever the client sends. */
const NOT_FORWARDED = [
  "connection",
  "expect",
  "host",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-path",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-proto",
  "x-kong-request-id",
  "x-real-ip",
];

/**
 * @returns the headers for the upstream. They include the plugins' changes, but no headers about the client's
 * connection.
 */
export function buildUpstreamHeaders(request: GatewayRequest): HeaderList {
  const { route, headers, target, remoteAddress } = request;
  const forwardedFor = findHeaders(headers, "x-forwarded-for")[0];
  const prefix = route.stripPath && request.matchedPath !== "/" ? request.matchedPath : undefined;
  const via = findHeaders(headers, "via")[0];
  const wantsTrailers = listTokens(findHeaders(headers, "te")[0]).includes("trailers");
  const own: Header[] = [
    ...(wantsTrailers ? [["TE", "trailers"] as const] : []),
    ["Via", `${via === undefined ? "" : `${via}, `}${Number(request.httpVersion)} ${SERVER_NAME}`],
    ["Host", upstreamHost(request)],
    ["X-Forwarded-For", `${forwardedFor === undefined ? "" : `${forwardedFor}, `}${remoteAddress}`],
    ["X-Forwarded-Proto", "http"],
    ["X-Forwarded-Host", request.host],
    ["X-Forwarded-Port", String(request.port)],
    ["X-Forwarded-Path", stripQuery(target)],
    ...(prefix === undefined ? [] : [["X-Forwarded-Prefix", prefix] as const]),
    ["X-Real-IP", remoteAddress],
    ["X-Kong-Request-Id", request.id],
  ];
  return [...own, ...removeNamedByConnection(headers).filter(([name]) => isForwarded(name))];
}

/**
 * Returns the headers for the client: the gateway's own headers, and the headers of the upstream's response. Headers
 * about the upstream's connection are left out.
 */
export function buildDownstreamHeaders(raw: HeaderList, requestId: string): Header[] {
  const dropped = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "trailer", "via"]);
  for (const token of listTokens(findHeaders(raw, "connection")[0])) {
    dropped.add(token);
  }
  const kept = raw.filter(([name]) => !dropped.has(name.toLowerCase()));
  const via = findHeaders(raw, "via")[0];
  return [
    ...removeHeader(kept, "x-kong-request-id"),
    ...(findHeaders(kept, "server").length > 0 ? [] : [["Server", SERVER_NAME] as const]),
    ["Via", `${via === undefined ? "" : `${via}, `}1.1 ${SERVER_NAME}`],
    ["X-Kong-Request-Id", requestId],
  ];
}

function isForwarded(name: string): boolean {
  const key = name.toLowerCase();
  return !NOT_FORWARDED.includes(key) && key !== "proxy" && key !== "proxy-connection";
}

/**
 * Removes the headers that the client's header `Connection` names. Kong does this only after all plugins have run. So a
 * client can remove a header that a plugin set. A plugin can prevent this removal only by refusing the request.
 */
function removeNamedByConnection(headers: HeaderList): HeaderList {
  return listTokens(findHeaders(headers, "connection")[0]).reduce(removeHeader, headers);
}

function listTokens(value: string | undefined): string[] {
  return (value ?? "")
    .toLowerCase()
    .split(",")
    .map((token) => token.trim())
    .filter((token) => token !== "");
}

function upstreamHost({ route, headers }: GatewayRequest): string {
  const client = findHeaders(headers, "host")[0];
  if (route.preserveHost && client !== undefined) {
    return client;
  }
  const { protocol, host, port } = route.service;
  return port === (protocol === "https" ? 443 : 80) ? host : `${host}:${port}`;
}
