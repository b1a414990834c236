/** The gateway: routes a request, lets the plugin decide, and proxies only what it let through. HTTP/1.1 without TLS. */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { findPlugin } from "./find-plugin.ts";
import type { Log } from "./gateway-log.ts";
import type { GatewayRequest } from "./gateway-request.ts";
import { findHeaders, type Header, readHeaderList } from "./header-list.ts";
import type { KongConfig } from "./kong-config.ts";
import { sendError, sendOwnResponse } from "./kong-error.ts";
import { listenOn } from "./listen.ts";
import type { EventOutcome, PluginClient } from "./plugin-client.ts";
import { createProxy } from "./proxy.ts";
import { checkRequest, type Refusal, readHostName } from "./request-check.ts";
import { normalizePath, stripQuery } from "./request-path.ts";
import { compileRouter, type MatchRoute } from "./router.ts";

/** More than request-check.ts lets pass: node must read what nginx refuses by rules of its own. */
const MAX_HEADER_BYTES = 64 * 1024;
const INTERNAL_ERROR = "An unexpected error occurred";

export interface GatewayOptions {
  config: KongConfig;
  pluginClient: PluginClient;
  /** 0 takes any free port. */
  port: number;
  /** Variables to set, by name without `$`: what stands between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  log: Log;
}

export interface Gateway {
  port: number;
  stop(): Promise<void>;
}

/** @throws Error with code EADDRINUSE when the port is taken. */
export async function startGateway({
  config,
  pluginClient,
  port,
  nginxVariables,
  log,
}: GatewayOptions): Promise<Gateway> {
  const proxy = createProxy((request, message) =>
    log({ level: "err", source: "gateway", message, request: { id: request.id, line: request.requestLine } }),
  );
  let match: MatchRoute = () => undefined;
  let listeningPort = port;

  const decide = async (request: GatewayRequest): Promise<EventOutcome> => {
    const plugin = findPlugin(config.plugins, request.route);
    return plugin === undefined ? { kind: "proceed" } : await pluginClient.handleAccess(plugin, request);
  };

  const handle = async (
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    awaitsContinue: boolean,
  ): Promise<void> => {
    const id = randomBytes(16).toString("hex");
    const read = readRequest(incoming, id, match);
    if ("status" in read) {
      sendError(outgoing, id, read.status, read.message, read.headers);
      return;
    }
    const request: GatewayRequest = {
      ...read,
      port: listeningPort,
      nginxVariables,
      consumers: config.consumers,
      authenticated: {},
    };
    const outcome = await decide(request);
    if (outcome.kind === "exit") {
      const { status, headers, body } = outcome.response;
      sendOwnResponse(outgoing, id, status, headers, body);
    } else if (outcome.kind !== "proceed") {
      sendError(outgoing, id, 500, INTERNAL_ERROR);
    } else if (!outgoing.destroyed) {
      if (awaitsContinue) {
        outgoing.writeContinue();
      }
      await proxy.forward(request, incoming, outgoing);
    }
  };

  const answer = (awaitsContinue: boolean) => (incoming: IncomingMessage, outgoing: ServerResponse) => {
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.destroy());
    handle(incoming, outgoing, awaitsContinue).catch((error: unknown) => {
      log({ level: "err", source: "gateway", message: String(error) });
      sendError(outgoing, "", 500, INTERNAL_ERROR);
    });
  };
  const server = createServer(
    // Without a Host nginx answers in its own way.
    { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: 60_000, requireHostHeader: false },
    answer(false),
  );
  server.on("checkContinue", answer(true));
  // nginx knows no other expectation than that, and overlooks what it does not know.
  server.on("checkExpectation", answer(false));
  server.on("clientError", refuseMalformed);
  server.on("connect", (_, socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
  await listenOn(server, port);
  listeningPort = (server.address() as AddressInfo).port;
  match = compileRouter(config.routes, listeningPort);
  return { port: listeningPort, stop: () => stopGateway(server, proxy.close) };
}

type RoutedRequest = Omit<GatewayRequest, "port" | "nginxVariables" | "consumers" | "authenticated">;

/** What nginx and Kong do before the plugins: check, normalise, route. */
function readRequest(incoming: IncomingMessage, id: string, match: MatchRoute): RoutedRequest | Refusal {
  const headers = readHeaderList(incoming.rawHeaders);
  const { method = "", url = "", httpVersion } = incoming;
  const requestLine = `${method} ${url} HTTP/${httpVersion}`;
  // A target with scheme and host, as proxies get it, counts as its path and query.
  const [, authority, rest = url] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  const target = rest === "" ? "/" : rest;
  const refusal = checkRequest({ method, requestLine, target, httpVersion, headers });
  if (refusal !== undefined) {
    return { ...refusal, headers: [["Connection", "close"]] };
  }
  const [hostHeader] = findHeaders(headers, "host");
  const matched = match(method, hostHeader, normalizePath(stripQuery(target)));
  if (matched === undefined) {
    return { status: 404, message: "no Route matched with those values" };
  }
  if (!matched.route.protocols.includes("http")) {
    const upgrade: Header[] = [
      ["Connection", "Upgrade, close"],
      ["Upgrade", "TLS/1.2, HTTP/1.1"],
    ];
    return { status: 426, message: "Please use HTTPS protocol", headers: upgrade };
  }
  const remoteAddress = (incoming.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const host = readHostName(authority ?? hostHeader ?? "") ?? "kong";
  return { id, requestLine, method, target, httpVersion, headers, remoteAddress, host, ...matched };
}

function refuseMalformed(
  error: NodeJS.ErrnoException,
  socket: { writable: boolean; end(text: string): void; destroy(): void },
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const message = error.code === "HPE_HEADER_OVERFLOW" ? "Request header or cookie too large" : "Bad request";
  const body = `{\n  "message":"${message}",\n  "request_id":""\n}`;
  socket.end(
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json; charset=utf-8\r\n" +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}

async function stopGateway(server: Server, closeProxy: () => Promise<void>): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closeProxy();
  await closed;
}
