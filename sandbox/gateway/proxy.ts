/** Proxies an allowed request to an HTTP/1.1 service. Streams the bodies in both directions. */
import { pipeline } from "node:stream/promises";
import { type Dispatcher, errors, Pool } from "undici";
import type { KongService } from "../config/kong-config.ts";
import { escapePath, joinStrippedPath, joinUpstreamPath, normalizePath, stripQuery } from "../config/request-path.ts";
import type { Exchange } from "../message/exchange.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { isGrpcRequest } from "../message/grpc-answer.ts";
import { readHeaderList } from "../message/header-list.ts";
import { createErrorAnswer, type Refusal, sendOwnAnswer } from "../message/kong-error.ts";
import { buildDownstreamHeaders, buildUpstreamHeaders } from "./upstream-headers.ts";

export interface UpstreamProxy {
  /** Resolves when the response has been sent or aborted. Never rejects. */
  forward(request: GatewayRequest, exchange: Exchange): Promise<void>;
  close(): Promise<void>;
}

/** Reports why an upstream failed. */
export type ReportFailure = (request: GatewayRequest, message: string) => void;

export const UPSTREAM_FAILED: Refusal = {
  status: 502,
  message: "An invalid response was received from the upstream server",
};
export const UPSTREAM_TIMED_OUT: Refusal = { status: 504, message: "The upstream server is timing out" };

export function createProxy(report: ReportFailure): UpstreamProxy {
  const pools = new Map<string, Pool>();

  const poolOf = (service: KongService): Pool => {
    const pool =
      pools.get(service.id) ??
      new Pool(`http://${service.host}:${service.port}`, {
        connect: { timeout: service.connectTimeout },
        headersTimeout: service.readTimeout,
        bodyTimeout: service.readTimeout,
      });
    pools.set(service.id, pool);
    return pool;
  };

  return {
    forward: async (request, exchange) => {
      const { response } = exchange;
      const abort = new AbortController();
      response.onClose(() => abort.abort());
      let answer: Dispatcher.ResponseData;
      try {
        answer = await poolOf(request.route.service).request({
          method: request.method,
          path: upstreamTarget(request),
          headers: buildUpstreamHeaders(request).flat(),
          body: exchange.hasBody ? exchange.openBody() : null,
          signal: abort.signal,
          responseHeaders: "raw",
        });
      } catch (error) {
        if (!response.isOver()) {
          report(request, `${request.route.service.name}: ${String(error)}`);
          const refusal = isTimeout(error) ? UPSTREAM_TIMED_OUT : UPSTREAM_FAILED;
          sendOwnAnswer(response, request.id, createErrorAnswer(request.id, refusal, isGrpcRequest(request)));
        }
        return;
      }
      const headers = readHeaderList(answer.headers as unknown as string[]);
      try {
        const body = response.begin(answer.statusCode, buildDownstreamHeaders(headers, request.id, "1.1"));
        await pipeline(answer.body, body);
      } catch {
        // One side closed early: the other must see that the body is incomplete.
        answer.body.destroy();
        response.abort();
      }
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** The query for the upstream, with its `?`. It is unchanged, even if empty, unless a plugin has set another. */
export function upstreamQuery({ target, rawQuery }: GatewayRequest): string {
  return rawQuery === undefined ? target.slice(stripQuery(target).length) : rawQuery && `?${rawQuery}`;
}

function upstreamTarget(request: GatewayRequest): string {
  const { route, target, matchedPath } = request;
  const path = normalizePath(stripQuery(target));
  const base = route.service.path ?? "/";
  const joined = route.stripPath ? joinStrippedPath(base, path, matchedPath) : joinUpstreamPath(base, path);
  return escapePath(joined) + upstreamQuery(request);
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError;
}
