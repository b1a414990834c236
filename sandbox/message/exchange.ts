/** One received request and the means to answer it, the same for every version of HTTP. */
import type { Readable, Writable } from "node:stream";
import type { Header, HeaderList } from "./header-list.ts";

/** A request as the client sent it, before Kong routes it. Strings are byte strings: one character per byte (latin1). */
export interface ReceivedRequest {
  readonly method: string;
  /** nginx's `$request`: `GET /a?b HTTP/1.1`. For HTTP/2 it is built from the pseudo-headers: `GET /a?b HTTP/2.0`. */
  readonly requestLine: string;
  /** Path and query. */
  readonly target: string;
  /** The host in an absolute request target, the form that clients send to proxies. */
  readonly targetHost: string | undefined;
  /** `1.0`, `1.1` or `2.0`; `unknown` for anything else. */
  readonly httpVersion: string;
  /** Without pseudo-headers. `:authority` becomes `host`, as in nginx. */
  readonly headers: HeaderList;
  readonly scheme: "http" | "https";
  readonly remoteAddress: string;
  /** The port on which the gateway received the request. */
  readonly port: number;
}

export interface Exchange {
  readonly received: ReceivedRequest;
  readonly hasBody: boolean;
  /** Returns the body, and sends `100 Continue` to a client that waits for it. Call it once. */
  openBody(): Readable;
  readonly response: OutgoingResponse;
}

export interface OutgoingResponse {
  /** Whether an answer has begun, or can no longer be sent. */
  isOver(): boolean;
  /** Sends a whole answer. */
  send(status: number, headers: readonly Header[], body: Uint8Array): void;
  /** Sends the head of an answer and returns the stream for its body. */
  begin(status: number, headers: readonly Header[]): Writable;
  /** Sets the trailers of an answer that has begun. Call it before the body ends. */
  setTrailers(trailers: readonly Header[]): void;
  /** Breaks the answer off in such a way that the client sees that it is incomplete. */
  abort(): void;
  onClose(listener: () => void): void;
}
