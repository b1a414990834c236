/** Proxies an allowed request to an HTTP/1.1 service. Streams the bodies in both directions. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Dispatcher, errors, Pool } from "undici";
import type { KongService } from "../config/kong-config.ts";
import { escapePath, joinStrippedPath, joinUpstreamPath, normalizePath, stripQuery } from "../config/request-path.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { readHeaderList } from "../message/header-list.ts";
import { createErrorAnswer, isOver, type Refusal, sendOwnAnswer } from "../message/kong-error.ts";
import { buildDownstreamHeaders, buildUpstreamHeaders } from "./upstream-headers.ts";

/** One request and its answer, over node:http. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly awaitsContinue: boolean;
}

interface UpstreamProxy {
  /** Resolves when the response has been sent or aborted. Never rejects. */
  forward(request: GatewayRequest, exchange: Exchange): Promise<void>;
  close(): Promise<void>;
}

/** Reports why an upstream failed. */
type ReportFailure = (request: GatewayRequest, message: string) => void;

const UPSTREAM_FAILED: Refusal = {
  status: 502,
  message: "An invalid response was received from the upstream server",
};
const UPSTREAM_TIMED_OUT: Refusal = { status: 504, message: "The upstream server is timing out" };

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

  /** Rejects if the upstream gives no answer. */
  const ask = (request: GatewayRequest, { incoming, outgoing, awaitsContinue }: Exchange) => {
    const abort = new AbortController();
    outgoing.once("close", () => abort.abort());
    const sendsBody = hasBody(incoming);
    if (sendsBody && awaitsContinue) {
      outgoing.writeContinue();
    }
    return poolOf(request.route.service).request({
      method: request.method,
      path: upstreamTarget(request),
      headers: buildUpstreamHeaders(request).flat(),
      body: sendsBody ? incoming : null,
      signal: abort.signal,
      responseHeaders: "raw",
    });
  };

  return {
    forward: async (request, exchange) => {
      const { outgoing } = exchange;
      let answer: Dispatcher.ResponseData;
      try {
        answer = await ask(request, exchange);
      } catch (error) {
        if (!isOver(outgoing)) {
          report(request, `${request.route.service.name}: ${String(error)}`);
          const refusal = isTimeout(error) ? UPSTREAM_TIMED_OUT : UPSTREAM_FAILED;
          sendOwnAnswer(outgoing, request.id, createErrorAnswer(request.id, refusal));
        }
        return;
      }
      const headers = readHeaderList(answer.headers as unknown as string[]);
      try {
        outgoing.writeHead(answer.statusCode, buildDownstreamHeaders(headers, request.id).flat());
        await pipeline(answer.body, outgoing);
      } catch {
        // One side closed early. The other side must see that the body is incomplete.
        answer.body.destroy();
        outgoing.destroy();
      }
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** The query for the upstream, with its `?`. If no plugin has set another query, it is unchanged, even if it is empty. */
function upstreamQuery({ target, rawQuery }: GatewayRequest): string {
  return rawQuery === undefined ? target.slice(stripQuery(target).length) : rawQuery && `?${rawQuery}`;
}

function upstreamTarget(request: GatewayRequest): string {
  const { route, target, matchedPath } = request;
  const path = normalizePath(stripQuery(target));
  const base = route.service.path ?? "/";
  const joined = route.stripPath ? joinStrippedPath(base, path, matchedPath) : joinUpstreamPath(base, path);
  return escapePath(joined) + upstreamQuery(request);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

function isTimeout(error: unknown): boolean {
  return error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError;
}
