import type { Socket } from "node:net";
import type { ProcessIdentity } from "./process-identity.ts";

/** A message from a launcher to the server to which it is attached. */
export type LauncherMessage =
  /** Attaches the launcher. The process `owner`. When this process has ended, Kong has ended. */
  | { readonly type: "hello"; readonly owner: ProcessIdentity }
  | { readonly type: "ping" }
  /** A warning from the server that is about to take over. That server cannot write to Kong's log itself yet. */
  | { readonly type: "warning"; readonly line: string }
  /** Another server now accepts connections on the same socket, so the receiver hands over and ends. */
  | { readonly type: "retire" }
  /** Ends the server at once, unless another launcher is attached. */
  | { readonly type: "end" };

/** A message from a server to its launchers. */
export type ServerMessage =
  | {
      readonly type: "welcome";
      readonly server: ProcessIdentity;
      readonly identity: string;
      readonly isEnding: boolean;
    }
  | { readonly type: "pong" }
  | { readonly type: "listening" }
  | { readonly type: "log"; readonly line: string; readonly isWarning: boolean }
  /** The server has decided to end. `isReplaced` means that another server already has the socket. */
  | { readonly type: "ending"; readonly reason: string; readonly isReplaced: boolean };

/** The descriptor over which a server is attached to the launcher that started it. */
export const LAUNCHER_DESCRIPTOR = 3;
/** The descriptor of the listening socket, if a service manager holds it. */
export const SOCKET_DESCRIPTOR = 4;
/** The path of the socket on which launchers reach the server of a plugin socket. */
export const controlPathOf = (socket: string): string => `${socket}.control`;
/** The file in which the server records its process, for a launcher that gets no answer. */
export const pidPathOf = (socket: string): string => `${socket}.pid`;
/** The file with the last server's error output. */
export const stderrPathOf = (socket: string): string => `${socket}.stderr`;

const MAX_MESSAGE = 65_536;
/** A peer that does not read loses messages instead of filling this process's memory. */
const MAX_WAITING = 262_144;

/** Sends one message as a line of JSON. Drops the message if the peer is too slow or gone. */
export function sendMessage(socket: Socket, message: LauncherMessage | ServerMessage): void {
  if (socket.writable && socket.writableLength < MAX_WAITING) {
    socket.write(`${JSON.stringify(message)}\n`);
  }
}

/** Reads lines of JSON. Ends the connection on any other input. */
export function onMessage<T extends LauncherMessage | ServerMessage>(
  socket: Socket,
  handle: (message: T) => void,
): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    try {
      if (text.length > MAX_MESSAGE) {
        throw new Error("too long");
      }
      for (const line of lines) {
        handle(JSON.parse(line) as T);
      }
    } catch {
      socket.destroy(); // The peer is not from this package, or it is from a different version of the package.
    }
  });
}
