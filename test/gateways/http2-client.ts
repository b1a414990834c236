import { type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";

type Http2AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Http2Answer {
  readonly status: number;
  readonly headers: Http2AnswerHeaders;
  readonly body: string;
  readonly trailers: Http2AnswerHeaders;
  /** Whether the answer was only its head. */
  readonly endsWithHead: boolean;
  /** The error code with which the stream was closed: 0 if there was no error. */
  readonly code: number;
}

/**
 * Makes one request over a new connection, with any certificate of the server.
 *
 * @param body the body that is sent immediately. If it is a function, it may send and read in any order, and it ends
 * the stream itself.
 * @param localAddress the client's address; by default, the system chooses it.
 * @throws Error if the stream ends without an answer, with the code as `code`.
 */
export function requestHttp2(
  url: string,
  headers: OutgoingHttpHeaders,
  body?: Buffer | ((stream: ClientHttp2Stream) => void),
  localAddress?: string,
): Promise<Http2Answer> {
  const session = connect(url, { rejectUnauthorized: false, ...(localAddress && { localAddress }) });
  const answer = new Promise<Http2Answer>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request(headers, { endStream: body === undefined });
    let head: Pick<Http2Answer, "status" | "headers" | "endsWithHead"> | undefined;
    let trailers: Http2AnswerHeaders = {};
    const chunks: Buffer[] = [];
    stream.on("response", (got, flags) => {
      head = { status: got[":status"] ?? 0, headers: { ...got }, endsWithHead: (flags & 1) === 1 };
    });
    stream.on("trailers", (got) => {
      trailers = { ...got };
    });
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("error", () => undefined); // The event `close` has the code of the reset.
    stream.on("close", () => {
      const code = stream.rstCode ?? 0;
      if (head === undefined) {
        reject(Object.assign(new Error(`the stream was closed without an answer, code ${code}`), { code }));
      } else {
        resolve({ ...head, trailers, body: Buffer.concat(chunks).toString(), code });
      }
    });
    if (typeof body === "function") {
      body(stream);
    } else if (body !== undefined) {
      stream.end(body);
    }
  });
  return answer.finally(() => session.destroy());
}
