/**
 * Proxies an allowed request to a Service over HTTP/1.1, with or without TLS. The proxy streams the bodies in both directions.
 */
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { pipeline } from "node:stream/promises";
import type { KongService } from "../config/kong-config.ts";
import { escapePath, joinStrippedPath, joinUpstreamPath, normalizePath, stripQuery } from "../config/request-path.ts";
import type { GatewayRequest } from "../message/gateway-request.ts";
import { readHeaderList } from "../message/header-list.ts";
import { createErrorAnswer, isOver, type Refusal, sendOwnAnswer } from "../message/kong-error.ts";
import { buildDownstreamHeaders, buildUpstreamHeaders } from "./upstream-headers.ts";

/** One request to the gateway and the answer, in the types of node:http. */
export interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Whether the client waits for `100 Continue` before it sends the body. */
  readonly awaitsContinue: boolean;
}

interface UpstreamProxy {
  /** Resolves when the response has been sent or aborted. The promise never rejects. */
  forward(request: GatewayRequest, exchange: Exchange): Promise<void>;
  close(): Promise<void>;
}

/** Finds the address to which requests of a Service go. */
export type FindAddress = (service: KongService) => Pick<KongService, "protocol" | "host" | "port">;

/** Logs the reason why an upstream failed. */
type ReportFailure = (request: GatewayRequest, message: string) => void;

const UPSTREAM_FAILED: Refusal = {
  status: 502,
  message: "An invalid response was received from the upstream server",
};
const UPSTREAM_TIMED_OUT: Refusal = { status: 504, message: "The upstream server is timing out" };

/** nginx never sends requests with these methods twice (`non_idempotent` of proxy_next_upstream). */
const NOT_REPEATED: ReadonlySet<string> = new Set(["POST", "LOCK", "PATCH"]);

/** @param findAddress finds the address to which requests of a Service go. */
export function createProxy(report: ReportFailure, findAddress: FindAddress): UpstreamProxy {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  /** The promise rejects if the upstream sends no answer. */
  const ask = (request: GatewayRequest, { incoming, outgoing, awaitsContinue }: Exchange): Promise<IncomingMessage> => {
    const { service } = request.route;
    const { protocol, host, port } = findAddress(service);
    if (protocol !== "http" && protocol !== "https") {
      return Promise.reject(new Error(`the sandbox does not proxy to ${protocol}`));
    }
    const sendsBody = hasBody(incoming);
    if (sendsBody && awaitsContinue) {
      outgoing.writeContinue();
    }
    const isChunked = sendsBody && incoming.headers["content-length"] === undefined;
    const headers = [
      // The function omits the header `Trailer`, because Node does not send it with a body of a known length.
      ...buildUpstreamHeaders(request).filter(([name]) => isChunked || name.toLowerCase() !== "trailer"),
      ...(isChunked ? [["Transfer-Encoding", "chunked"] as const] : []),
    ];
    return new Promise((resolve, reject) => {
      const options = {
        host: host.replace(/^\[(.*)\]$/, "$1"),
        port,
        method: request.method,
        path: upstreamTarget(request),
        headers: headers.flat(),
      };
      const asked =
        protocol === "http"
          ? requestHttp({ ...options, agent: agents.http }, resolve)
          : requestHttps({ ...options, agent: agents.https, servername: serverName(options.host) }, resolve);
      asked.on("error", (error: NodeJS.ErrnoException) => {
        // The upstream may close an idle connection at the moment when the sandbox sends a request on it. Like Kong,
        // the sandbox then sends the request again.
        const mayRepeat = !sendsBody && !NOT_REPEATED.has(request.method);
        const isStale = asked.reusedSocket && error.code === "ECONNRESET" && !isOver(outgoing);
        isStale && mayRepeat ? resolve(ask(request, { incoming, outgoing, awaitsContinue })) : reject(error);
      });
      outgoing.once("close", () => asked.destroy());
      limitTime(asked, service);
      if (sendsBody) {
        pipeline(incoming, asked).catch(reject);
      } else {
        asked.end();
      }
    });
  };

  return {
    forward: async (request, exchange) => {
      const { outgoing } = exchange;
      let answer: IncomingMessage;
      try {
        answer = await ask(request, exchange);
      } catch (error) {
        if (!isOver(outgoing)) {
          report(request, `Service "${request.route.service.name ?? ""}": ${String(error)}`);
          const refusal = error instanceof UpstreamTimeoutError ? UPSTREAM_TIMED_OUT : UPSTREAM_FAILED;
          sendOwnAnswer(outgoing, request.id, createErrorAnswer(request.id, refusal));
        }
        return;
      }
      const headers = readHeaderList(answer.rawHeaders);
      try {
        outgoing.writeHead(answer.statusCode ?? 502, buildDownstreamHeaders(headers, request.id).flat());
        await pipeline(answer, outgoing);
      } catch {
        // If one side has closed its connection early, the other side must notice that the body is incomplete.
        answer.destroy();
        outgoing.destroy();
      }
    },
    close: async () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** In TLS, the server name must be a host name. An IP address is not allowed (RFC 6066 section 3). */
function serverName(host: string): string {
  return isIP(host) === 0 ? host : "";
}

function limitTime(asked: ClientRequest, { connectTimeout, readTimeout }: KongService): void {
  const end = (what: string) => asked.destroy(new UpstreamTimeoutError(what));
  const connecting = setTimeout(end, connectTimeout, "it did not accept a connection in time");
  const connected = (): void => {
    clearTimeout(connecting);
    asked.setTimeout(readTimeout, () => end("it did not answer in time"));
  };
  asked.once("close", () => clearTimeout(connecting));
  asked.once("socket", (socket) => {
    if (socket.connecting) {
      socket.once("connect", connected);
    } else {
      connected();
    }
  });
}

class UpstreamTimeoutError extends Error {}

/**
 * The query for the upstream, with its `?`. If no plugin has set another query, the client's query stays unchanged,
 * even if it is empty.
 */
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
