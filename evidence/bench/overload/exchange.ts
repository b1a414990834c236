import { connect, type Socket } from "node:net";
import { createFrameReader } from "../../../plugin/server/protocol/frames.ts";
import { ExitArgsMessage } from "../../../plugin/server/protocol/messages.ts";

/** Connections use a target's addresses in turn. */
let nextAddress = 0;

/** One client's connection. The client sends one request at a time over it. */
export interface Exchange {
  /** Resolves with the status of the answer, or 0 when the connection broke. */
  send(): Promise<number>;
  close(): void;
}

/** The requests, sent in turn, and where they go. */
export type Target =
  | {
      readonly to: "http";
      readonly port: number;
      readonly from: readonly string[];
      readonly requests: readonly string[];
    }
  | { readonly to: "plugin server"; readonly path: string; readonly call: string; readonly replies: readonly string[] };

export function openExchange(target: Target): Exchange {
  return target.to === "http" ? openHttp(target) : openPluginServer(target);
}

/** HTTP/1.1 with as little work as possible, because the load must not use the processors of the measured process. */
function openHttp({ port, from, requests }: Extract<Target, { to: "http" }>): Exchange {
  let socket: Socket | undefined;
  let received = "";
  const answer = createPending();
  const localAddress = from[nextAddress++ % from.length];
  let next = Math.floor(Math.random() * requests.length);
  const open = (): Socket => {
    const opened = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    opened.setEncoding("latin1");
    opened.on("data", (text: string) => {
      received += text;
      const status = readStatus(received);
      if (status !== undefined) {
        received = "";
        answer.end(status);
      }
    });
    opened.on("error", () => {});
    opened.on("close", () => {
      socket = undefined;
      received = "";
      answer.end(0);
    });
    return opened;
  };
  return {
    send() {
      const status = answer.wait();
      socket ??= open();
      socket.write(requests[next++ % requests.length] ?? "", "latin1");
      return status;
    },
    close: () => socket?.destroy(),
  };
}

/** The expected answer. Only the first call of `end` sets the answer. */
function createPending(): { wait(): Promise<number>; end(status: number): void } {
  let resolve = (_status: number): void => {};
  return {
    wait: () =>
      new Promise((settle) => {
        resolve = settle;
      }),
    end: (status) => resolve(status),
  };
}

/** The status of the answer; undefined until the whole answer has arrived. */
function readStatus(received: string): number | undefined {
  const headEnd = received.indexOf("\r\n\r\n");
  if (headEnd === -1) {
    return undefined;
  }
  const head = received.slice(0, headEnd).toLowerCase();
  const lengthAt = head.indexOf("content-length: ");
  const length = lengthAt === -1 ? 0 : Number.parseInt(head.slice(lengthAt + "content-length: ".length), 10);
  return received.length >= headEnd + 4 + length ? Number(head.slice(9, 12)) : undefined;
}

/**
 * Like a worker of Kong, the client opens a new connection to the plugin server after each answer that ends a request.
 */
function openPluginServer({ path, call, replies }: Extract<Target, { to: "plugin server" }>): Exchange {
  const callBytes = Buffer.from(call, "base64");
  const replyBytes = replies.map((reply) => Buffer.from(reply, "base64"));
  const nothing = Buffer.alloc(4);
  let socket: Socket | undefined;
  const answer = createPending();
  let next = Math.floor(Math.random() * replies.length);
  const open = (): Socket => {
    const opened = connect(path);
    let method: string | undefined;
    const onCall = (called: string, args: Buffer): void => {
      if (called === "") {
        answer.end(200);
      } else if (called === "kong.response.exit") {
        socket = undefined;
        opened.destroy();
        answer.end(ExitArgsMessage.decode(args).status ?? 0);
      } else {
        opened.write(called === "kong.nginx.get_var" ? (replyBytes[next++ % replyBytes.length] ?? nothing) : nothing);
      }
    };
    opened.on(
      "data",
      createFrameReader((frame) => {
        if (method === undefined) {
          method = frame.toString();
        } else {
          const called = method;
          method = undefined;
          onCall(called, frame);
        }
      }),
    );
    opened.on("error", () => {});
    opened.on("close", () => {
      if (socket === opened) {
        socket = undefined;
        answer.end(0);
      }
    });
    return opened;
  };
  return {
    send() {
      const status = answer.wait();
      socket ??= open();
      socket.write(callBytes);
      return status;
    },
    close: () => socket?.destroy(),
  };
}
