import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type { SigningKey } from "../tokens.ts";

/** The answer for a path. It is a JSON value or a text with status 200, or the answer of a listener. */
export type Answer = { readonly json: unknown } | { readonly text: string } | RequestListener;

/** A real HTTP server on loopback that records its requests. */
export interface KeyServer {
  readonly origin: string;
  /** The paths, in the order of the requests. */
  readonly requests: readonly string[];
  answer(path: string, answer: Answer): void;
  stop(): Promise<void>;
}

export async function startKeyServer(): Promise<KeyServer> {
  const answers = new Map<string, Answer>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    requests.push(path);
    const answer = answers.get(path);
    if (typeof answer === "function") {
      answer(request, response);
    } else if (answer) {
      response.end("json" in answer ? JSON.stringify(answer.json) : answer.text);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests,
    answer: (path, answer) => void answers.set(path, answer),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function keySetOf(...keys: readonly SigningKey[]): { readonly json: unknown } {
  return { json: { keys: keys.map(({ publicJwk }) => publicJwk) } };
}

export const status =
  (code: number): Answer =>
  (_request, response) =>
    void response.writeHead(code).end("{}");
