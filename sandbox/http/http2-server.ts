import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { Exchange } from "../message/exchange.ts";
import { toHttp2Exchange } from "./http2-exchange.ts";

/** nginx's default, `http2_max_concurrent_streams`. */
const MAX_STREAMS = 128;
/** nginx's limit: 4 buffers of 8 kB for all names and values of a request. */
const MAX_HEADER_BYTES = 32 * 1024;
/** More than request-check.ts allows, so that its check refuses the request. Above this limit, node resets the stream. */
const MAX_HEADER_PAIRS = 1_100;
const MAX_LIST_BYTES = 2 * MAX_HEADER_BYTES;

/** Creates a server that does not listen. Another listener hands it connections through its event `connection`. */
export function createHttp2Server(idleTimeout: number, onExchange: (exchange: Exchange) => void): Http2Server {
  const server = createServer({
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_LIST_BYTES },
    maxHeaderListPairs: MAX_HEADER_PAIRS,
  });
  server.on("session", (session) => session.setTimeout(idleTimeout, () => session.destroy()));
  server.on(
    "stream",
    (stream: ServerHttp2Stream, _: IncomingHttpHeaders, _flags: number, rawHeaders: readonly string[]) => {
      stream.setTimeout(idleTimeout, () => stream.destroy(new Error("idle")));
      const exchange = toHttp2Exchange(stream, rawHeaders);
      const bytes = rawHeaders.reduce((sum, text) => sum + text.length, 0);
      if (bytes > MAX_HEADER_BYTES) {
        stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
      } else {
        onExchange(exchange);
      }
    },
  );
  return server;
}
