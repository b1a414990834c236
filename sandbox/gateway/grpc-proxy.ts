/** Proxies an allowed request to a gRPC service: HTTP/2 without TLS, streams in both directions, and the trailers of the answer. */
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from "node:http2";
import { pipeline } from "node:stream/promises";
import type { KongService } from "../config/kong-config.ts";
import { stripQuery } from "../config/request-path.ts";
import { toHttp2Headers } from "../http/http2-headers.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { isGrpcRequest } from "../message/grpc-answer.ts";
import { findHeaders, type HeaderList, readHeaderList } from "../message/header-list.ts";
import { createErrorAnswer, sendOwnAnswer } from "../message/kong-error.ts";
import { type ReportFailure, UPSTREAM_FAILED, UPSTREAM_TIMED_OUT, type UpstreamProxy, upstreamQuery } from "./proxy.ts";
import { buildDownstreamHeaders, buildUpstreamHeaders } from "./upstream-headers.ts";

const TIMED_OUT = "timed out";

export function createGrpcProxy(report: ReportFailure): UpstreamProxy {
  const sessions = new Map<string, ClientHttp2Session>();

  const sessionOf = (service: KongService): ClientHttp2Session => {
    const known = sessions.get(service.id);
    if (known !== undefined && !known.closed && !known.destroyed) {
      return known;
    }
    const session = openSession(service);
    sessions.set(service.id, session);
    return session;
  };

  return {
    forward: async (request, exchange) => {
      const { response } = exchange;
      const { service } = request.route;
      const abort = new AbortController();
      response.onClose(() => abort.abort());
      try {
        const options = { endStream: !exchange.hasBody, signal: abort.signal };
        const upstream = sessionOf(service).request(buildHead(request), options);
        upstream.setTimeout(service.readTimeout, () => upstream.destroy(new Error(TIMED_OUT)));
        if (exchange.hasBody) {
          exchange.openBody().pipe(upstream);
        }
        const { status, headers } = await readHead(upstream);
        upstream.once("trailers", (_: unknown, _flags: unknown, raw: readonly string[]) =>
          response.setTrailers(readHeaderList(raw)),
        );
        await pipeline(upstream, response.begin(status, buildDownstreamHeaders(headers, request.id, "2")));
      } catch (error) {
        abort.abort();
        if (response.isOver()) {
          response.abort();
          return;
        }
        report(request, `${service.name}: ${String(error)}`);
        const refusal = String(error).includes(TIMED_OUT) ? UPSTREAM_TIMED_OUT : UPSTREAM_FAILED;
        sendOwnAnswer(response, request.id, createErrorAnswer(request.id, refusal, isGrpcRequest(request)));
      }
    },
    close: async () => {
      for (const session of sessions.values()) {
        session.destroy();
      }
    },
  };
}

function openSession({ host, port, connectTimeout }: KongService): ClientHttp2Session {
  const session = connect(`http://${host}:${port}`);
  const timer = setTimeout(() => session.destroy(new Error(`connecting ${TIMED_OUT}`)), connectTimeout);
  const stopTimer = (): void => clearTimeout(timer);
  session.once("connect", stopTimer);
  session.once("close", stopTimer);
  session.on("error", () => undefined); // Each of its streams reports the same error.
  return session;
}

/** nginx's gRPC module sends the path unchanged. strip_path and Kong's normal form have no effect. */
function buildHead(request: GatewayRequest) {
  const headers = buildUpstreamHeaders(request);
  return {
    ...toHttp2Headers(headers),
    ":method": request.method,
    ":path": stripQuery(request.target) + upstreamQuery(request),
    ":authority": findHeaders(headers, "host")[0] ?? "",
  };
}

type Head = IncomingHttpHeaders & IncomingHttpStatusHeader;

function readHead(upstream: ClientHttp2Stream): Promise<{ status: number; headers: HeaderList }> {
  return new Promise((resolve, reject) => {
    upstream.once("response", (head: Head, _flags: number, raw: readonly string[]) =>
      resolve({ status: head[":status"] ?? 0, headers: readHeaderList(raw) }),
    );
    upstream.once("error", reject);
    upstream.once("close", () => reject(new Error("the stream was closed without an answer")));
  });
}
