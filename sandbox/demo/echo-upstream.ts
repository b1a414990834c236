/** An upstream that answers each request with a description of the request. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { listenOn } from "../http/listen.ts";

/**
 * The body of every answer of the echo upstream. `headers` has the names in lower case. `rawHeaders` has all pairs in their
 * original order and spelling.
 */
export interface Echo {
  method: string;
  path: string;
  headers: Record<string, string>;
  rawHeaders: [name: string, value: string][];
  bodyBytes: number;
}

export interface EchoUpstream {
  port: number;
  stop(): Promise<void>;
}

/**
 * @param port the port to listen on; 0 means any free port.
 * @throws Error with code EADDRINUSE if another program has the port.
 */
export async function startEchoUpstream(port: number): Promise<EchoUpstream> {
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    let bodyBytes = 0;
    request.on("error", () => response.destroy());
    request.on("data", (chunk: Buffer) => {
      bodyBytes += chunk.byteLength;
    });
    request.on("end", () => {
      const rawHeaders: Echo["rawHeaders"] = [];
      for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
        rawHeaders.push([request.rawHeaders[i] ?? "", request.rawHeaders[i + 1] ?? ""]);
      }
      const headers = Object.fromEntries(rawHeaders.map(([name, value]) => [name.toLowerCase(), value]));
      const { method = "", url: path = "" } = request;
      const echo: Echo = { method, path, headers, rawHeaders, bodyBytes };
      response.writeHead(200, { "content-type": "application/json" });
      response.end(formatEcho(echo));
    });
  });
  await listenOn(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** Formats the body as readable JSON with one line for each raw header. */
function formatEcho({ rawHeaders, ...rest }: Echo): string {
  const pairs = rawHeaders.map((pair) => `    ${JSON.stringify(pair)}`).join(",\n");
  return `${JSON.stringify(rest, null, 2).slice(0, -2)},\n  "rawHeaders": [\n${pairs}\n  ]\n}\n`;
}
