/** The gateway: routes each request, asks the plugin for a decision, and proxies only the requests that the plugin lets through. */
import { randomBytes } from "node:crypto";
import type { KongConfig } from "../config/kong-config.ts";
import { acceptPlain, acceptTls, type TlsOptions } from "../http/accept-connections.ts";
import { createHttp1Server } from "../http/http1-server.ts";
import { createHttp2Server } from "../http/http2-server.ts";
import type { Exchange } from "../message/exchange.ts";
import type { Log } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { isGrpcRequest, toGrpcAnswer } from "../message/grpc-answer.ts";
import { createErrorAnswer, sendOwnAnswer } from "../message/kong-error.ts";
import { findPlugin } from "../plugin/find-plugin.ts";
import type { EventOutcome, PluginClient } from "../plugin/plugin-client.ts";
import { createGrpcProxy } from "./grpc-proxy.ts";
import { createProxy, type ReportFailure } from "./proxy.ts";
import { readRequest } from "./read-request.ts";
import { compileRouter, type MatchRoute } from "./router.ts";

const INTERNAL_ERROR = { status: 500, message: "An unexpected error occurred" };
/** Milliseconds after which an idle connection is closed. */
const IDLE_TIMEOUT = 60_000;

export interface GatewayOptions {
  config: KongConfig;
  pluginClient: PluginClient;
  /** 0 means any free port. */
  port: number;
  /** A second port, with TLS. Port 0 means any free port. */
  tls?: TlsOptions & { readonly port: number };
  /** Variables to set, by name without `$`. Each value is the text between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  log: Log;
}

export interface Gateway {
  port: number;
  /** Undefined without TLS. */
  tlsPort: number | undefined;
  stop(): Promise<void>;
}

/** @throws Error with code EADDRINUSE when a port is taken, or when the certificate is unusable. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, pluginClient, port, tls, nginxVariables, log } = options;
  const report: ReportFailure = (request, message) =>
    log({ level: "err", source: "gateway", message, request: { id: request.id, line: request.requestLine } });
  const proxies = { http: createProxy(report), grpc: createGrpcProxy(report) };
  /** Routers by port, because the hosts of a Route may name a port. */
  const routers = new Map<number, MatchRoute>();

  const decide = async (request: GatewayRequest): Promise<EventOutcome> => {
    const plugin = findPlugin(config.plugins, request.route);
    return plugin === undefined ? { kind: "proceed" } : await pluginClient.handleAccess(plugin, request);
  };

  const handle = async ({ received, ...exchange }: Exchange, id: string): Promise<void> => {
    const match = routers.get(received.port) ?? (() => undefined);
    const read = readRequest(received, id, match);
    if ("answer" in read) {
      sendOwnAnswer(exchange.response, id, read.answer);
      return;
    }
    const request: GatewayRequest = { ...read.request, nginxVariables, consumers: config.consumers, authenticated: {} };
    const outcome = await decide(request);
    if (outcome.kind === "exit") {
      sendOwnAnswer(exchange.response, id, toGrpcAnswer(outcome.response, isGrpcRequest(received)));
    } else if (outcome.kind !== "proceed") {
      sendOwnAnswer(exchange.response, id, createErrorAnswer(id, INTERNAL_ERROR, isGrpcRequest(received)));
    } else if (!exchange.response.isOver()) {
      await proxies[request.route.service.protocol].forward(request, { received, ...exchange });
    }
  };

  const answer = (exchange: Exchange): void => {
    const id = randomBytes(16).toString("hex");
    handle(exchange, id).catch((error: unknown) => {
      log({ level: "err", source: "gateway", message: String(error) });
      sendOwnAnswer(exchange.response, id, createErrorAnswer(id, INTERNAL_ERROR, false));
    });
  };

  const http1 = createHttp1Server(IDLE_TIMEOUT, answer);
  const servers = { http1, http2: createHttp2Server(IDLE_TIMEOUT, answer) };
  const plain = await acceptPlain(port, IDLE_TIMEOUT, servers);
  const secure =
    tls &&
    (await acceptTls(tls.port, IDLE_TIMEOUT, tls, servers).catch(async (error: unknown) => {
      await plain.stop();
      throw error;
    }));
  const listeners = secure === undefined ? [plain] : [plain, secure];
  for (const listener of listeners) {
    routers.set(listener.port, compileRouter(config.routes, listener.port));
  }
  return {
    port: plain.port,
    tlsPort: secure?.port,
    async stop() {
      await Promise.all(listeners.map((listener) => listener.stop()));
      http1.close();
      await Promise.all([proxies.http.close(), proxies.grpc.close()]);
    },
  };
}
