/** Proxies an allowed request to its service, bodies streamed both ways. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { type Dispatcher, errors, Pool } from "undici";
import type { GatewayRequest } from "./gateway-request.ts";
import { findHeaders, type HeaderList, readHeaderList } from "./header-list.ts";
import type { KongService } from "./kong-config.ts";
import { sendError } from "./kong-error.ts";
import { escapePath, joinStrippedPath, joinUpstreamPath, normalizePath, stripQuery } from "./request-path.ts";
import { buildDownstreamHeaders, buildUpstreamHeaders } from "./upstream-headers.ts";

export interface Proxy {
  /** Ends when the response has been sent or given up. Never rejects. */
  forward(request: GatewayRequest, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

/** @param report is told why an upstream failed. */
export function createProxy(report: (request: GatewayRequest, message: string) => void): Proxy {
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
    forward: async (request, incoming, outgoing) => {
      const abort = new AbortController();
      outgoing.once("close", () => abort.abort());
      let answer: Dispatcher.ResponseData;
      try {
        answer = await poolOf(request.route.service).request({
          method: request.method,
          path: upstreamTarget(request),
          headers: buildUpstreamHeaders(request).flat(),
          body: hasBody(request.headers) ? incoming : null,
          signal: abort.signal,
          responseHeaders: "raw",
        });
      } catch (error) {
        if (!outgoing.destroyed) {
          const { status, message } = explainFailure(error);
          report(request, `${request.route.service.name}: ${String(error)}`);
          sendError(outgoing, request.id, status, message);
        }
        return;
      }
      const headers = readHeaderList(answer.headers as unknown as string[]);
      try {
        outgoing.writeHead(answer.statusCode, buildDownstreamHeaders(headers, request.id).flat());
        await pipeline(answer.body, outgoing);
      } catch {
        // One side went away in the middle: the other must notice that the body is not complete.
        answer.body.destroy();
        outgoing.destroy();
      }
    },
    close: async () => {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
    },
  };
}

/** Path and query for the upstream; the query goes as it came, an empty one included, unless a plugin set another. */
function upstreamTarget({ route, target, rawQuery, matchedPath }: GatewayRequest): string {
  const path = normalizePath(stripQuery(target));
  const base = route.service.path ?? "/";
  const joined = route.stripPath ? joinStrippedPath(base, path, matchedPath) : joinUpstreamPath(base, path);
  const query = rawQuery === undefined ? target.slice(stripQuery(target).length) : rawQuery && `?${rawQuery}`;
  return escapePath(joined) + query;
}

function hasBody(headers: HeaderList): boolean {
  const length = findHeaders(headers, "content-length")[0];
  return findHeaders(headers, "transfer-encoding").length > 0 || (length !== undefined && Number(length) > 0);
}

function explainFailure(error: unknown): { status: number; message: string } {
  return error instanceof errors.HeadersTimeoutError || error instanceof errors.ConnectTimeoutError
    ? { status: 504, message: "The upstream server is timing out" }
    : { status: 502, message: "An invalid response was received from the upstream server" };
}
