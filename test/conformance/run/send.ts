/** Sends the request of a case over its protocol, on a new connection. */
import { request as requestHttp } from "node:http";
import type { OutgoingHttpHeaders } from "node:http2";
import { request as requestHttps } from "node:https";
import type { Gateway } from "../../gateways/gateway.ts";
import { type Http2Answer, requestHttp2 } from "../../gateways/http2-client.ts";
import { findNetworkAddress } from "../../gateways/network-address.ts";
import type { ConformanceCase, Protocol } from "../cases/case.ts";

/** The answer. HTTP/1.1 has no trailers. It also has no answers that consist only of a head. */
export type Answer = Omit<Http2Answer, "code">;

/** A message of gRPC: not compressed, four bytes of length, and two of content. */
export const MESSAGE = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
const GRPC_HEADERS = ["content-type", "application/grpc", "te", "trailers"];

export interface CaseRequest {
  readonly testCase: ConformanceCase;
  readonly protocol: Protocol;
  readonly id: string;
  readonly authorization: string | undefined;
}

export function send(gateway: Gateway, request: CaseRequest): Promise<Answer> {
  const { overTls, fromNetwork = false } = request.testCase;
  const { url, networkUrl = url } = gateway;
  const target = overTls ? gateway.tlsUrl : fromNetwork ? networkUrl : url;
  if (target === undefined) {
    throw new Error("the gateway has no port with TLS");
  }
  const way: WayThere = {
    url: target,
    localAddress: fromNetwork && gateway.networkUrl === undefined ? findNetworkAddress() : undefined,
  };
  return request.protocol === "http/1.1" ? sendHttp1(way, request) : sendHttp2(way, request);
}

/**
 * The address to which a request goes. If the client's address matters, also the address of this machine from which the
 * request comes.
 */
interface WayThere {
  readonly url: string;
  readonly localAddress: string | undefined;
}

function listHeaders({ testCase: { headers = [] }, id, authorization }: CaseRequest): readonly string[] {
  return ["X-Case", id, ...headers, ...(authorization === undefined ? [] : ["Authorization", authorization])];
}

function sendHttp1({ url, localAddress }: WayThere, sent: CaseRequest): Promise<Answer> {
  const { method = "GET", path } = sent.testCase;
  const { hostname, port, host, protocol } = new URL(url);
  const headers = listHeaders(sent);
  const connection = headers.includes("Connection") ? [] : ["Connection", "close"];
  const options = {
    localAddress,
    hostname,
    port,
    method,
    path,
    agent: false,
    headers: ["Host", host, ...headers, ...connection],
  };
  return new Promise((resolve, reject) => {
    const outgoing =
      protocol === "https:" ? requestHttps({ ...options, rejectUnauthorized: false }) : requestHttp(options);
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
          trailers: {},
          endsWithHead: false,
        }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

function sendHttp2({ url, localAddress }: WayThere, sent: CaseRequest): Promise<Answer> {
  const isGrpc = sent.protocol === "grpc";
  const { method = isGrpc ? "POST" : "GET", path } = sent.testCase;
  const headers = groupHeaders([...(isGrpc ? GRPC_HEADERS : []), ...listHeaders(sent)]);
  const pseudo = { ":method": method, ":path": path };
  return requestHttp2(url, { ...pseudo, ...headers }, isGrpc ? MESSAGE : undefined, localAddress);
}

/** Headers by name in lower case. If a name has several values, the value is a list. */
function groupHeaders(headers: readonly string[]): OutgoingHttpHeaders {
  const grouped: Record<string, string[]> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]?.toLowerCase() ?? "";
    grouped[name] = [...(grouped[name] ?? []), headers[i + 1] ?? ""];
  }
  return Object.fromEntries(
    Object.entries(grouped).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}
