/** One request as it came, and the way to answer it: the same over every version of HTTP. */
import type { Readable, Writable } from "node:stream";
import type { Header, HeaderList } from "./header-list.ts";

/** What the client's bytes say, before Kong routes them. Strings are byte strings: one character per byte (latin1). */
export interface ReceivedRequest {
  readonly method: string;
  /** nginx's `$request`: `GET /a?b HTTP/1.1`, and of HTTP/2 what the pseudo headers say, `GET /a?b HTTP/2.0`. */
  readonly requestLine: string;
  /** Path and query. */
  readonly target: string;
  /** The host in the target itself, as proxies get it. */
  readonly targetHost: string | undefined;
  /** `1.0`, `1.1` or `2.0`; `unknown` for anything else. */
  readonly httpVersion: string;
  /** Without pseudo headers; `:authority` counts as `host`, as in nginx. */
  readonly headers: HeaderList;
  readonly scheme: "http" | "https";
  readonly remoteAddress: string;
  /** The port that the request came to. */
  readonly port: number;
}

export interface Exchange {
  readonly received: ReceivedRequest;
  readonly hasBody: boolean;
  /** Gives the body, and tells a client that waits for it to go on. To be called once. */
  openBody(): Readable;
  readonly response: OutgoingResponse;
}

export interface OutgoingResponse {
  /** Whether an answer has begun, or none can be sent any more. */
  isOver(): boolean;
  /** Sends a whole answer. */
  send(status: number, headers: readonly Header[], body: Uint8Array): void;
  /** Sends the head of an answer; its body is to be written to what comes back. */
  begin(status: number, headers: readonly Header[]): Writable;
  /** What is to follow the body of an answer that has begun: before its end. */
  setTrailers(trailers: readonly Header[]): void;
  /** Breaks off, so that the client notices that the answer is not whole. */
  abort(): void;
  onClose(listener: () => void): void;
}
