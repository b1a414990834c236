import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:http2";

export interface Ask {
  /** Names and values in turn, in this spelling and order. */
  readonly headers?: readonly string[];
  readonly http2?: boolean;
  readonly timeoutMs?: number;
}

export interface Answer {
  /** The id by which the upstream recognises the request. */
  readonly id: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

type Send = Ask & { readonly id: string };

/** Sends one GET request over a new connection. */
export function sendRequest(url: string, path: string, ask: Send): Promise<Answer> {
  return ask.http2 ? sendOverHttp2(url, path, ask) : sendOverHttp1(url, path, ask);
}

function sendOverHttp1(url: string, path: string, { id, headers = [], timeoutMs = 15_000 }: Send): Promise<Answer> {
  const { hostname, port, host } = new URL(url);
  const connection = headers.includes("Connection") ? [] : ["Connection", "close"];
  return new Promise((resolve, reject) => {
    const outgoing = request({
      hostname,
      port,
      path,
      agent: false,
      timeout: timeoutMs,
      headers: ["Host", host, "X-Case", id, ...headers, ...connection],
    });
    outgoing.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          id,
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    outgoing.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ id, status: response.statusCode ?? 0, headers: response.headers, body: "" });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.on("error", reject);
    outgoing.end();
  });
}

function sendOverHttp2(url: string, path: string, { id, headers = [] }: Send): Promise<Answer> {
  const lines: Record<string, string[]> = {};
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] ?? "").toLowerCase();
    lines[name] = [...(lines[name] ?? []), headers[index + 1] ?? ""];
  }
  return new Promise((resolve, reject) => {
    const session = connect(url);
    session.on("error", reject);
    const stream = session.request({ ":path": path, "x-case": id, ...lines });
    const chunks: Buffer[] = [];
    let answer: Omit<Answer, "body"> = { id, status: 0, headers: {} };
    stream.on("response", ({ ":status": status, ...received }) => {
      answer = { id, status: status ?? 0, headers: received as IncomingHttpHeaders };
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", reject);
    stream.on("end", () => {
      session.close();
      resolve({ ...answer, body: Buffer.concat(chunks).toString() });
    });
    stream.end();
  });
}
