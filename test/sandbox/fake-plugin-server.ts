/** A small plugin server with real frames over a real socket. It has the faults that a test needs. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFrameReader, encodeFrame } from "../../plugin/server/protocol/frames.ts";
import {
  type RpcCall,
  RpcCallMessage,
  RpcReturnMessage,
  StringMessage,
} from "../../plugin/server/protocol/messages.ts";

/** The actions of a test on one connection. */
interface Peer {
  socket: Socket;
  /** Sends unchanged frames: bytes or text. */
  send(...frames: (string | Uint8Array)[]): void;
  /** Calls a PDK method and waits for the reply. */
  callPdk(method: string, args?: Uint8Array): Promise<Buffer>;
  /** Ends the event correctly: the empty frame and the answer. */
  proceed(): void;
  /** Sends an answer; by default the correct answer. */
  answer(sequence?: number): void;
}

export interface FakePluginServer {
  socketPath: string;
  /** The configurations of the instances that were started, in order. Instance ids count from 1. */
  startedConfigs: Record<string, unknown>[];
  connections(): number;
  stop(): Promise<void>;
}

export interface FakeBehaviour {
  onEvent(peer: Peer, instanceId: number): unknown;
  /** The function is called in place of a good answer to a start. */
  onStart?(peer: Peer): unknown;
}

export function encodeText(text: string): Uint8Array {
  return StringMessage.encode({ v: text });
}

export async function startFakePluginServer({ onEvent, onStart }: FakeBehaviour): Promise<FakePluginServer> {
  const directory = await mkdtemp(join(tmpdir(), "fake-plugin-"));
  const socketPath = join(directory, "s");
  const startedConfigs: Record<string, unknown>[] = [];
  const sockets = new Set<Socket>();

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let onReply: ((reply: Buffer) => void) | undefined;
    let call: RpcCall = {};
    const send: Peer["send"] = (...frames) => {
      for (const frame of frames) {
        socket.write(encodeFrame(typeof frame === "string" ? Buffer.from(frame) : frame));
      }
    };
    const answer: Peer["answer"] = (sequence = call.sequence ?? 0) => send(RpcReturnMessage.encode({ sequence }));
    const peer: Peer = {
      socket,
      send,
      answer,
      callPdk: (method, args = new Uint8Array(0)) => {
        send(method, args);
        return new Promise((resolve) => {
          onReply = resolve;
        });
      },
      proceed: () => {
        send("");
        answer();
      },
    };
    const feed = createFrameReader((payload) => {
      const reply = onReply;
      if (reply !== undefined) {
        onReply = undefined;
        reply(Buffer.from(payload));
        return;
      }
      if (payload.byteLength === 0) {
        return; // A reply that belongs to no call. No call is empty.
      }
      call = RpcCallMessage.decode(payload);
      if (call.cmdHandleEvent !== undefined) {
        void onEvent(peer, call.cmdHandleEvent.instanceId ?? 0);
        return;
      }
      startedConfigs.push(JSON.parse(Buffer.from(call.cmdStartInstance?.config ?? []).toString()));
      if (onStart !== undefined) {
        void onStart(peer);
        return;
      }
      send(
        RpcReturnMessage.encode({
          sequence: call.sequence ?? 0,
          instanceStatus: { name: "jwt-policy", instanceId: startedConfigs.length, startedAt: 1 },
        }),
      );
    });
    socket.on("data", feed);
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    startedConfigs,
    connections: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
