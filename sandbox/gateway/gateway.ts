/** The gateway routes each request, asks the plugin for a decision, and proxies only the requests that the plugin lets pass. */
import { randomBytes } from "node:crypto";
import type { Upstreams } from "../config/adapt-document.ts";
import type { KongConfig, KongService } from "../config/kong-config.ts";
import { type OnRequest, startHttpServer } from "../http/http-server.ts";
import type { Log } from "../message/gateway-log.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { createErrorAnswer, isOver, sendOwnAnswer } from "../message/kong-error.ts";
import { readReceived } from "../message/received-request.ts";
import { findPlugin } from "../plugin/find-plugin.ts";
import type { EventOutcome, PluginClient } from "../plugin/plugin-client.ts";
import { createProxy, type Exchange, type FindAddress } from "./proxy.ts";
import { readRequest } from "./read-request.ts";
import { compileRouter, type MatchRoute } from "./router.ts";

/**
 * If a Route has this tag, the guard lets its requests pass without a policy. For all other Routes without a policy,
 * the guard sends the answer below.
 */
const PUBLIC_TAG = "jwt-policy-public";
const GUARD_REFUSES = { status: 503, message: "The request cannot be checked at the moment" };
/** Kong's default port of a target. */
const DEFAULT_TARGET_PORT = 8000;
const INTERNAL_ERROR = { status: 500, message: "An unexpected error occurred" };

export interface GatewayOptions {
  config: KongConfig;
  /** Finds the address to which requests of a Service go. By default, this is the address in the configuration. */
  findAddress?: FindAddress | undefined;
  pluginClient: PluginClient;
  /** The port to listen on; 0 means any free port. */
  port: number;
  /** The nginx variables to set, by name without `$`. Each value is the text between the quotes of nginx's `set $name "…"`. */
  nginxVariables: Readonly<Record<string, string>>;
  log: Log;
}

export interface Gateway {
  port: number;
  /** Serves another configuration from the next request on. */
  use(config: KongConfig): void;
  stop(): Promise<void>;
}

/** @throws Error with code EADDRINUSE if another program has the port. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { pluginClient, port, nginxVariables, log } = options;
  let { config } = options;
  const findAddress: FindAddress = options.findAddress ?? ((service) => addressOf(service, config.upstreams));
  const proxy = createProxy(
    (request, message) =>
      log({ level: "err", source: "gateway", message, request: { id: request.id, line: request.requestLine } }),
    findAddress,
  );
  /** Routes may name the port, and the port is known only after the server listens. So the router is compiled later. */
  let match: MatchRoute = () => undefined;

  const decide = async (request: GatewayRequest): Promise<EventOutcome> => {
    const plugin = findPlugin(config.plugins, request.route);
    if (plugin !== undefined) {
      return pluginClient.handleAccess(plugin, request);
    }
    return config.hasGuard && request.route.tags?.includes(PUBLIC_TAG) !== true
      ? { kind: "exit", response: createErrorAnswer(request.id, GUARD_REFUSES) }
      : { kind: "proceed" };
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
    use(next) {
      match = compileRouter(next.routes, server.port);
      config = next;
    },
    async stop() {
      await server.stop();
      await proxy.close();
    },
  };
}

/** The host of a Service may be the name of an upstream. */
function addressOf({ protocol, host, port }: KongService, upstreams: Upstreams): ReturnType<FindAddress> {
  const [target] = upstreams.get(host) ?? [];
  const [, targetHost, targetPort] = /^(.*?)(?::(\d+))?$/.exec(target ?? "") ?? [];
  return target === undefined
    ? { protocol, host, port }
    : { protocol, host: targetHost ?? host, port: Number(targetPort ?? DEFAULT_TARGET_PORT) };
}
