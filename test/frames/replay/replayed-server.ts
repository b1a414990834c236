import { createServer, type Socket } from "node:net";
import { createFrameCutter } from "../record/frame-proxy.ts";
import type { Frame } from "../record/recording.ts";

export interface ReplayedServer {
  /** Plays the server's part of this conversation from now on. */
  begin(frames: readonly Frame[]): void;
  /** The frames since the current conversation started. */
  readonly said: readonly Frame[];
  stop(): Promise<void>;
}

/** Plays the part of the plugin server: after each frame of the gateway, sends the next recorded frames. */
export async function startReplayedServer(socketPath: string): Promise<ReplayedServer> {
  let script: readonly Frame[] = [];
  const said: Frame[] = [];
  const sockets = new Set<Socket>();

  const answer = (socket: Socket): void => {
    for (let next = script[said.length]; next?.from === "server"; next = script[said.length]) {
      said.push(next);
      socket.write(Buffer.from(next.hex, "hex"));
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on(
      "data",
      createFrameCutter((frame) => {
        said.push({ from: "kong", hex: frame.toString("hex") });
        answer(socket);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    begin(frames) {
      script = frames;
      said.length = 0;
    },
    said,
    async stop() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
