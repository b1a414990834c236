import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { listenOn } from "../../sandbox/http/listen.ts";
import type { SigningKey } from "../../test/tokens.ts";

/** The ways in which a provider can fail. A provider that refuses connections has no listener. */
export const FAILURES = [
  "refuses connections",
  "hangs",
  "answers 503",
  "answers with something that is not a key set",
] as const;
export type Failure = (typeof FAILURES)[number];

/** A real server with a key set. A test can make the server fail. */
export interface FailingProvider {
  readonly uri: string;
  fail(failure: Failure): Promise<void>;
  recover(): Promise<void>;
  stop(): Promise<void>;
}

const ANSWERS: Readonly<Record<Failure, RequestListener>> = {
  "refuses connections": (request) => void request.socket.destroy(),
  hangs: () => {},
  "answers 503": (_, response) => void response.writeHead(503).end("{}"),
  "answers with something that is not a key set": (_, response) => void response.end('{"error":"maintenance"}'),
};

export async function startFailingProvider({ publicJwk }: SigningKey): Promise<FailingProvider> {
  const serve: RequestListener = (_, response) => void response.end(JSON.stringify({ keys: [publicJwk] }));
  let answer = serve;
  const server = createServer((request, response) => answer(request, response));
  await listenOn(server, 0);
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  return {
    uri: `http://127.0.0.1:${port}/jwks`,
    async fail(failure) {
      answer = ANSWERS[failure];
      if (failure === "refuses connections") {
        await close();
      }
    },
    async recover() {
      answer = serve;
      if (!server.listening) {
        await listenOn(server, port);
      }
    },
    stop: close,
  };
}
