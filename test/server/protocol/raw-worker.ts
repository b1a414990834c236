import { connect, type Socket } from "node:net";
import { createFrameReader, encodeFrame } from "../../../plugin/server/protocol/frames.ts";
import {
  type ExitArgs,
  ExitArgsMessage,
  type RpcCall,
  RpcCallMessage,
  type RpcReturn,
  RpcReturnMessage,
  StringMessage,
} from "../../../plugin/server/protocol/messages.ts";

/** The end of a Kong worker on one connection. This worker uses frames, so tests see every byte of the server. */
export interface RawWorker {
  readonly socket: Socket;
  /** Every frame that the server has written so far, in order. */
  readonly frames: readonly Buffer[];
  /** The bytes of each read, like those in the buffer of Kong's worker. */
  readonly chunks: readonly Buffer[];
  /** Resolves when the connection has closed. */
  readonly closed: Promise<void>;
  /** The next frame that was not yet returned. @throws Error "closed" if the connection is closed. */
  next(): Promise<Buffer>;
  sendFrame(payload: Uint8Array): void;
  /** Sends a call and returns its sequence. */
  call(call: Omit<RpcCall, "sequence">): number;
  /** Starts an instance and returns the answer. */
  start(configJson?: string): Promise<RpcReturn>;
  /**
   * Closes an instance that does not exist. The answer must be the next frame, because the server wrote nothing before
   * it.
   */
  expectSilence(): Promise<void>;
}

/** @param address path of a Unix socket, or a local TCP port. */
export async function connectWorker(address: string | number): Promise<RawWorker> {
  const socket = typeof address === "number" ? connect(address, "127.0.0.1") : connect(address);
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const frames: Buffer[] = [];
  const chunks: Buffer[] = [];
  let taken = 0;
  let isClosed = false;
  let wake = (): void => {};
  let sequence = 0;
  const read = createFrameReader((payload) => frames.push(Buffer.from(payload)));
  socket.on("data", (chunk) => {
    chunks.push(chunk);
    read(chunk);
    wake();
  });
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => {
      isClosed = true;
      wake();
      resolve();
    });
  });

  const next = async (): Promise<Buffer> => {
    for (;;) {
      const frame = frames[taken];
      if (frame) {
        taken += 1;
        return frame;
      }
      if (isClosed) {
        throw new Error("closed");
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  const sendFrame = (payload: Uint8Array): void => void socket.write(encodeFrame(payload));
  const call = (command: Omit<RpcCall, "sequence">): number => {
    sequence += 1;
    sendFrame(RpcCallMessage.encode({ sequence, ...command }));
    return sequence;
  };
  const readReturn = async (expected: number): Promise<RpcReturn> => {
    const answer = RpcReturnMessage.decode(await next());
    if (answer.sequence !== expected) {
      throw new Error(`the answer has sequence ${answer.sequence}, the call had ${expected}`);
    }
    return answer;
  };
  return {
    socket,
    frames,
    chunks,
    closed,
    next,
    sendFrame,
    call,
    start: (configJson = "{}") =>
      readReturn(call({ cmdStartInstance: { name: "jwt-policy", config: Buffer.from(configJson) } })),
    async expectSilence() {
      const { instanceStatus } = await readReturn(call({ cmdCloseInstance: { instanceId: 1 } }));
      if (instanceStatus?.startedAt !== undefined) {
        throw new Error("this is not the answer to a close");
      }
    },
  };
}

interface PdkCall {
  readonly method: string;
  readonly args: Buffer;
}

/** The result of an event, as Kong understands it. */
export interface Outcome {
  /** `proxied` only after an empty method frame and an RpcReturn. `failed` at a method that Kong does not know. */
  readonly ended: "proxied" | "exited" | "failed";
  readonly calls: readonly PdkCall[];
  readonly exit?: ExitArgs;
  /** The sequence number in the RpcReturn. */
  readonly sequence?: number;
}

/** Replies by method; Kong replies to each call in order. `undefined` means a method that Kong does not know. */
export type Replies = Readonly<Record<string, Uint8Array>>;

const NOTHING = new Uint8Array();
/** Kong's reply about a request without headers. */
export const NO_HEADERS = {
  "kong.request.get_headers": NOTHING,
  "kong.nginx.get_var": StringMessage.encode({ v: "GET / HTTP/1.1" }),
};
const KNOWN: Replies = {
  "kong.service.request.set_headers": NOTHING,
  "kong.log.notice": NOTHING,
  "kong.log.warn": NOTHING,
  "kong.log.err": NOTHING,
};

/** Sends an event and plays Kong's part of it, as pb_rpc.lua does. */
export async function playEvent(worker: RawWorker, instanceId: number, replies: Replies = {}): Promise<Outcome> {
  worker.call({ cmdHandleEvent: { instanceId, eventName: "access" } });
  return playCalls(worker, replies);
}

/** Kong's part of an event whose call has been sent. */
export async function playCalls(worker: RawWorker, replies: Replies = {}): Promise<Outcome> {
  const calls: PdkCall[] = [];
  for (;;) {
    const method = (await worker.next()).toString();
    if (method === "") {
      const { sequence } = RpcReturnMessage.decode(await worker.next());
      return { ended: "proxied", calls, sequence };
    }
    const args = await worker.next();
    calls.push({ method, args });
    if (method === "kong.response.exit") {
      return { ended: "exited", calls, exit: ExitArgsMessage.decode(args) };
    }
    const reply = replies[method] ?? KNOWN[method];
    if (!reply) {
      return { ended: "failed", calls };
    }
    worker.sendFrame(reply);
  }
}
