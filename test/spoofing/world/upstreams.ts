/** Upstreams that record the received bytes. One is for HTTP/1.1 and uses no HTTP library, and one is for gRPC. */
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Line } from "../oracle.ts";

export interface Upstreams {
  readonly http: number;
  readonly grpc: number;
  /**
   * All header lines of a request, and lines in the trailers after its body; undefined if the request did not arrive.
   */
  linesOf(caseId: string): readonly Line[] | undefined;
  stop(): Promise<void>;
}

export async function startUpstreams(): Promise<Upstreams> {
  const seen = new Map<string, readonly Line[]>();
  const note = (lines: readonly Line[]): void => {
    const id = lines.find(([name]) => name.toLowerCase() === "x-case")?.[1] ?? "";
    seen.set(id, lines);
  };
  const http = createServer((socket) => serveHttp(socket, note));
  const sessions = new Set<ServerHttp2Session>();
  const grpc = createHttp2Server({ maxHeaderListPairs: 2_000 });
  grpc.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined);
    session.once("close", () => sessions.delete(session));
  });
  grpc.on(
    "stream",
    (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, _flags: number, rawHeaders: readonly string[]) =>
      serveGrpc(stream, rawHeaders, note),
  );
  await Promise.all([http, grpc].map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));
  return {
    http: (http.address() as AddressInfo).port,
    grpc: (grpc.address() as AddressInfo).port,
    linesOf: (caseId) => seen.get(caseId),
    async stop() {
      for (const session of sessions) {
        session.destroy();
      }
      await Promise.all([http, grpc].map((server: Server) => new Promise((done) => server.close(done))));
    },
  };
}

/** Answers a call when the whole call has arrived. */
function serveGrpc(
  stream: ServerHttp2Stream,
  rawHeaders: readonly string[],
  note: (lines: readonly Line[]) => void,
): void {
  const lines = pairUp(rawHeaders);
  note(lines);
  stream.on("error", () => undefined);
  stream.on("trailers", (trailers: IncomingHttpHeaders) =>
    note([...lines, ...Object.entries(trailers).map(([name, value]): Line => [name, String(value)])]),
  );
  stream.resume();
  stream.once("end", () => {
    if (!stream.destroyed) {
      stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.end();
    }
  });
}

function pairUp(raw: readonly string[]): readonly Line[] {
  return Array.from({ length: raw.length / 2 }, (_, index): Line => [raw[2 * index] ?? "", raw[2 * index + 1] ?? ""]);
}

/** Answers the one request of each connection when the whole request has arrived. */
function serveHttp(socket: Socket, note: (lines: readonly Line[]) => void): void {
  let received = "";
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
    const headEnd = received.indexOf("\r\n\r\n");
    if (headEnd < 0) {
      return;
    }
    const lines = readLines(received.slice(0, headEnd).split("\r\n").slice(1));
    const body = received.slice(headEnd + 4);
    const find = (wanted: string): string | undefined => lines.find(([name]) => name.toLowerCase() === wanted)?.[1];
    const isChunked = find("transfer-encoding") !== undefined;
    if (isChunked ? !/(?:^|\r\n)0\r\n(?:.*\r\n)*\r\n$/.test(body) : body.length < Number(find("content-length") ?? 0)) {
      return;
    }
    const trailers = isChunked ? readLines(body.slice(body.lastIndexOf("\r\n0\r\n") + 5).split("\r\n")) : [];
    note([...lines, ...trailers]);
    socket.end(
      find("upgrade") === undefined
        ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        : "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
  });
}

/** If a line has no colon, the whole line is a name without a value. */
function readLines(texts: readonly string[]): readonly Line[] {
  return texts
    .filter((text) => text !== "")
    .map((text) => {
      const colon = text.indexOf(":");
      return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1).trim()];
    });
}
