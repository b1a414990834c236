import type { Socket } from "node:net";
import type { ProcessIdentity } from "./process-identity.ts";

/** A message from a launcher to the server. The launcher is attached to this server. */
export type LauncherMessage =
  /** Attaches the launcher. `owner` is a process of Kong. If `owner` ends, Kong has ended. */
  | { readonly type: "hello"; readonly owner: ProcessIdentity }
  | { readonly type: "ping" }
  /**
   * A warning from a new server that has not taken over yet. The new server cannot write to Kong's log yet, so the old
   * server writes the warning.
   */
  | { readonly type: "warning"; readonly line: string }
  /** Another server now accepts connections on the same socket, so the receiver must hand over and end. */
  | { readonly type: "retire" }
  /** The server must end at once, unless another launcher is attached to it. */
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
  /** The server will end. If `isReplaced` is true, another server already listens on the socket. */
  | { readonly type: "ending"; readonly reason: string; readonly isReplaced: boolean };

/** The file descriptor that attaches a server to the launcher that started it. */
export const LAUNCHER_DESCRIPTOR = 3;
/** The file descriptor of the listening socket, if a service manager has opened the socket. */
export const SOCKET_DESCRIPTOR = 4;
/** The path of the control socket. Launchers reach the server of a plugin socket through the control socket. */
export const controlPathOf = (socket: string): string => `${socket}.control`;
/**
 * The path of the file in which the server writes its process id. A launcher reads the file if the server does not
 * answer.
 */
export const pidPathOf = (socket: string): string => `${socket}.pid`;
/** The path of the file with the last server's error output. */
export const stderrPathOf = (socket: string): string => `${socket}.stderr`;

const MAX_MESSAGE = 65_536;
/**
 * If a peer stops reading, at most this many bytes wait in memory for the peer. Further messages to this peer are
 * dropped, because they would fill this process's memory.
 */
const MAX_WAITING = 262_144;

/** Sends one message as a line of JSON. Drops the message if the peer reads too slowly, or has closed the connection. */
export function sendMessage(socket: Socket, message: LauncherMessage | ServerMessage): void {
  if (socket.writable && socket.writableLength < MAX_WAITING) {
    socket.write(`${JSON.stringify(message)}\n`);
  }
}

/** Reads messages, which are lines of JSON. Any other input ends the connection. */
export function onMessage<T extends LauncherMessage | ServerMessage>(
  socket: Socket,
  handle: (message: T) => void,
): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n");
    text = String(lines.pop());
    try {
      if (text.length > MAX_MESSAGE) {
        throw new Error("too long");
      }
      for (const line of lines) {
        handle(JSON.parse(line) as T);
      }
    } catch {
      socket.destroy(); // The peer is not from this package, or the peer is from a different version of the package.
    }
  });
}
