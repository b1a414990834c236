import { connect, createServer, type Socket } from "node:net";
import type { Frame } from "./recording.ts";

export interface FrameProxy {
  /** Every frame since the last call, in the order in which the frames passed. */
  takeFrames(): Frame[];
  /** The same frames, but the next call also returns them. */
  peekFrames(): readonly Frame[];
  stop(): Promise<void>;
}

/** Relays every frame between Kong and the plugin server unchanged, and records it. */
export async function startFrameProxy(socketPath: string, serverPath: string): Promise<FrameProxy> {
  let frames: Frame[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((kong) => {
    const plugin = connect(serverPath);
    join(kong, plugin, "kong");
    join(plugin, kong, "server");
  });

  const join = (source: Socket, target: Socket, from: Frame["from"]): void => {
    const noteFrames = createFrameCutter((frame) => frames.push({ from, hex: frame.toString("hex") }));
    sockets.add(source);
    source.on("data", (chunk: Buffer) => {
      noteFrames(chunk);
      target.write(chunk);
    });
    source.on("error", () => target.destroy());
    source.on("close", () => {
      sockets.delete(source);
      target.destroy();
    });
  };

  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    takeFrames: () => frames.splice(0),
    peekFrames: () => frames,
    async stop() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
      frames = [];
    },
  };
}

/**
 * Cuts bytes into complete frames. This is not the reader of the plugin server, because the frames are to test that
 * reader.
 */
export function createFrameCutter(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let bytes: Buffer = Buffer.alloc(0);
  return (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readUInt32LE(0)) {
      const end = 4 + bytes.readUInt32LE(0);
      onFrame(bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
  };
}
