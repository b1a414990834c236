import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** The requests that reached the upstream, by id. */
export interface Upstream {
  readonly url: string;
  /** The headers of a request at the upstream. The list has one entry for each time that the request arrived. */
  arrivalsOf(id: string): readonly IncomingHttpHeaders[];
  stop(): Promise<void>;
}

/** Names the request. No two requests have the same name. */
export const ID_HEADER = "x-fault-id";
/** The upstream's behaviour instead of an immediate answer: `abort`, or `wait` half a second. */
export const UPSTREAM_HEADER = "x-upstream";

const WAIT_MS = 500;

export async function startUpstream(): Promise<Upstream> {
  const arrivals = new Map<string, IncomingHttpHeaders[]>();
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const id = String(request.headers[ID_HEADER]);
    arrivals.set(id, [...(arrivals.get(id) ?? []), request.headers]);
    request.resume();
    const wanted = request.headers[UPSTREAM_HEADER];
    if (wanted === "abort") {
      request.socket.destroy();
    } else {
      setTimeout(() => response.end("upstream"), wanted === "wait" ? WAIT_MS : 0);
    }
  });
  // After a stall, thousands of connections come at once. The upstream closes no idle connection that Kong could still use.
  await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrivalsOf: (id) => arrivals.get(id) ?? [],
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
