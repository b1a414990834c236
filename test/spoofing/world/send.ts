/** Sends one fake request as bytes, over a new connection. */
import { connect } from "node:net";
import type { Protocol } from "../../conformance/cases/case.ts";
import { sendRawHttp2 } from "../../gateways/raw-http2.ts";
import type { Line } from "../oracle.ts";

export interface SpoofedRequest {
  readonly protocol: Protocol;
  readonly method: string;
  readonly path: string;
  readonly version: "1.0" | "1.1";
  readonly lines: readonly Line[];
  /** The trailers that come after the body; present if the request has a body. */
  readonly trailers: readonly Line[] | undefined;
}

/** A GET request without headers. */
export const PLAIN_REQUEST = {
  protocol: "http/1.1",
  method: "GET",
  version: "1.1",
  lines: [],
  trailers: undefined,
} as const;

type Status = number | "other" | "reset";

const TIMEOUT_MS = 60_000;
/** A message of gRPC: not compressed, and empty. */
const MESSAGE = Buffer.alloc(5);

export function sendRequest(url: string, request: SpoofedRequest): Promise<Status> {
  const { protocol, path, method, lines, trailers } = request;
  if (protocol === "http/1.1") {
    return sendBytes(url, writeRequest(url, request));
  }
  const isGrpc = protocol === "grpc";
  const usual: readonly Line[] = isGrpc
    ? [
        ["content-type", "application/grpc"],
        ["te", "trailers"],
      ]
    : [];
  const more = isGrpc || trailers ? { body: MESSAGE, ...(trailers && { trailers }) } : {};
  return sendRawHttp2(url, path, [...usual, ...lines], { method, ...more });
}

function writeRequest(url: string, { method, path, version, lines, trailers }: SpoofedRequest): string {
  const write = (each: readonly Line[]): string => each.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const isAboutConnection = lines.some(([name]) => name === "connection");
  const own: readonly Line[] = [
    ["Host", new URL(url).host],
    ...(isAboutConnection ? [] : [["Connection", "close"] as const]),
    ...(trailers ? [["Transfer-Encoding", "chunked"] as const] : []),
  ];
  const body = trailers ? `4\r\nbody\r\n0\r\n${write(trailers)}\r\n` : "";
  return `${method} ${path} HTTP/${version}\r\n${write([...lines, ...own])}\r\n${body}`;
}

/** Reads only the status, because the test checks the request at the upstream. */
function sendBytes(url: string, request: string): Promise<Status> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let received = "";
    const end = (status: Status): void => {
      socket.destroy();
      resolve(status);
    };
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy();
      reject(new Error(`no answer in time to ${JSON.stringify(request.slice(0, 500))}`));
    });
    socket.on("data", (chunk) => {
      received = (received + chunk.toString("latin1")).replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, "");
      const [, status] = /^HTTP\/1\.[01] ([0-9]{3}) /.exec(received) ?? [];
      if (status !== undefined && status !== "100") {
        end(Number(status));
      }
    });
    socket.on("error", () => end("reset"));
    socket.on("close", () => end("reset"));
    socket.write(Buffer.from(request, "latin1"));
  });
}
