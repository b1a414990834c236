/** The gateway: routes each request, asks the plugin for a decision, and proxies only the requests that the plugin lets through. */
import { randomBytes } from "node:crypto";
import type { KongConfig } from "../config/kong-config.ts";
import { type OnRequest, startHttpServer } from "../http/http-server.ts";
import type { Log } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { createErrorAnswer, isOver, sendOwnAnswer } from "../message/kong-error.ts";
import { readReceived } from "../message/received-request.ts";
import { findPlugin } from "../plugin/find-plugin.ts";
import type { EventOutcome, PluginClient } from "../plugin/plugin-client.ts";
import { createProxy, type Exchange } from "./proxy.ts";
import { readRequest } from "./read-request.ts";
import { compileRouter, type MatchRoute } from "./router.ts";

const INTERNAL_ERROR = { status: 500, message: "An unexpected error occurred" };

export interface GatewayOptions {
  config: KongConfig;
  pluginClient: PluginClient;
  /** 0 means any free port. */
  port: number;
  /** Variables to set, by name without `$`. Each value is the text between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  log: Log;
}

export interface Gateway {
  port: number;
  stop(): Promise<void>;
}

/** @throws Error with code EADDRINUSE when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { config, pluginClient, port, nginxVariables, log } = options;
  const proxy = createProxy((request, message) =>
    log({ level: "err", source: "gateway", message, request: { id: request.id, line: request.requestLine } }),
  );
  /** Routes may name the port, which is known only when the server listens. */
  let match: MatchRoute = () => undefined;

  const decide = async (request: GatewayRequest): Promise<EventOutcome> => {
    const plugin = findPlugin(config.plugins, request.route);
    return plugin === undefined ? { kind: "proceed" } : await pluginClient.handleAccess(plugin, request);
  };

  const handle = async (exchange: Exchange, id: string): Promise<void> => {
    const { incoming, outgoing } = exchange;
    const read = readRequest(readReceived(incoming), id, match);
    if ("answer" in read) {
      sendOwnAnswer(outgoing, id, read.answer);
      return;
    }
    const request: GatewayRequest = { ...read.request, nginxVariables, consumers: config.consumers, authenticated: {} };
    const outcome = await decide(request);
    if (outcome.kind === "exit") {
      sendOwnAnswer(outgoing, id, outcome.response);
    } else if (outcome.kind !== "proceed") {
      sendOwnAnswer(outgoing, id, createErrorAnswer(id, INTERNAL_ERROR));
    } else if (!isOver(outgoing)) {
      await proxy.forward(request, exchange);
    }
  };

  const answer: OnRequest = (incoming, outgoing, awaitsContinue) => {
    const id = randomBytes(16).toString("hex");
    incoming.on("error", () => outgoing.destroy());
    outgoing.on("error", () => incoming.destroy());
    handle({ incoming, outgoing, awaitsContinue }, id).catch((error: unknown) => {
      log({ level: "err", source: "gateway", message: String(error) });
      sendOwnAnswer(outgoing, id, createErrorAnswer(id, INTERNAL_ERROR));
    });
  };

  const server = await startHttpServer(port, answer);
  match = compileRouter(config.routes, server.port);
  return {
    port: server.port,
    async stop() {
      await server.stop();
      await proxy.close();
    },
  };
}
