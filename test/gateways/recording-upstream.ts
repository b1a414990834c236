import { createServer, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** An upstream that answers every request, accepts every upgrade to websocket, and records the headers by the request's `x-case`. */
export interface RecordingUpstream {
  readonly port: number;
  /** The headers of a case's last request; undefined if no request of the case arrived. */
  headersOf(caseId: string): IncomingHttpHeaders | undefined;
  /** The path and query of that request. */
  urlOf(caseId: string): string | undefined;
  stop(): Promise<void>;
}

export async function startRecordingUpstream(): Promise<RecordingUpstream> {
  const seen = new Map<string, IncomingMessage>();
  const note = (request: IncomingMessage): void => void seen.set(String(request.headers["x-case"]), request);
  const server = createServer((request, response) => {
    note(request);
    request.resume();
    response.end("upstream");
  });
  server.on("upgrade", (request, socket) => {
    note(request);
    socket.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    headersOf: (caseId) => seen.get(caseId)?.headers,
    urlOf: (caseId) => seen.get(caseId)?.url,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
