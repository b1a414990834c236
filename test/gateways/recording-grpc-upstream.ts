import { createServer, type IncomingHttpHeaders, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import type { RecordingUpstream } from "./recording-upstream.ts";

/** An upstream for gRPC without TLS: it returns each call's bytes, ends with status 0, and records headers by `x-case`. */
export async function startRecordingGrpcUpstream(): Promise<RecordingUpstream> {
  const seen = new Map<string, IncomingHttpHeaders>();
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on("session", (session) => {
    sessions.add(session);
    session.on("error", () => undefined); // A gateway that is killed.
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    seen.set(String(headers["x-case"]), headers);
    stream.on("error", () => undefined);
    stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "grpc-message": "fine" }));
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.pipe(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    headersOf: (caseId) => seen.get(caseId),
    urlOf: (caseId) => seen.get(caseId)?.[":path"]?.toString(),
    async stop() {
      for (const session of sessions) {
        session.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
