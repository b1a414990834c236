import type { Socket } from "node:net";
import { onMessage, type ServerMessage, sendMessage } from "./control-messages.ts";
import { isAlive, type ProcessIdentity } from "./process-identity.ts";

const PING_MS = 1_000;
/**
 * After this many pings without an answer, the server counts as hanging. The time for this many pings is longer than
 * the limit of the server's own watchdog, and shorter than Kong's read timeout.
 */
const MAX_SILENT_PINGS = 6;

type Welcome = Extract<ServerMessage, { type: "welcome" }>;
export type Ending = Omit<Extract<ServerMessage, { type: "ending" }>, "type">;

/** A server to which this launcher is attached. */
export interface KeptServer {
  /** The server's first answer; undefined if the connection ended without an answer. */
  readonly welcome: Promise<Welcome | undefined>;
  readonly listening: Promise<void>;
  /** Resolves when the server reports that it will end. The result is undefined if the server died without a report. */
  readonly ended: Promise<Ending | undefined>;
  /** The server's process; undefined until the server has sent its process id. */
  process(): ProcessIdentity | undefined;
  /** Asks the server to write a warning to Kong's log. */
  warn(line: string): void;
  /** Asks the server to hand over to another server, and detaches from the server. */
  retire(): void;
  /** Asks the server to end at once, unless another launcher is attached too. */
  end(): void;
  /** Detaches from the server, which keeps running for another launcher. */
  leave(): void;
}

export interface KeepOptions {
  readonly owner: ProcessIdentity;
  readonly print: (line: string, isWarning: boolean) => void;
  /** Called when the server has stopped answering. After this call, the launcher closes the connection. */
  readonly onSilence: (server: ProcessIdentity | undefined) => void;
}

/**
 * Attaches this launcher to a server over an open connection. Prints the server's log, and watches whether the server
 * still answers.
 */
export function keepServer(socket: Socket, { owner, print, onSilence }: KeepOptions): KeptServer {
  const welcome = createPromise<Welcome | undefined>();
  const listening = createPromise<void>();
  const ended = createPromise<Ending | undefined>();
  let server: ProcessIdentity | undefined;

  const handle = (message: ServerMessage): void => {
    if (message.type === "welcome") {
      server = message.server;
      welcome.resolve(message);
    } else if (message.type === "listening") {
      listening.resolve();
    } else if (message.type === "log") {
      print(message.line, message.isWarning);
    } else if (message.type === "ending") {
      ended.resolve({ reason: message.reason, isReplaced: message.isReplaced });
    }
  };
  onMessage<ServerMessage>(socket, handle);
  const stopPinging = startPinging(socket, () => {
    onSilence(server);
    socket.destroy();
  });
  socket.on("error", () => {}); // The `close` event that follows the error handles the end of the connection.
  socket.on("close", () => {
    stopPinging();
    welcome.resolve(undefined);
    ended.resolve(undefined);
  });
  sendMessage(socket, { type: "hello", owner });
  return {
    welcome: welcome.promise,
    listening: listening.promise,
    ended: ended.promise,
    process: () => server,
    warn: (line) => sendMessage(socket, { type: "warning", line }),
    retire() {
      sendMessage(socket, { type: "retire" });
      socket.end();
    },
    end: () => sendMessage(socket, { type: "end" }),
    leave: () => void socket.destroy(),
  };
}

/**
 * Counts the pings since the server's last message. If the launcher itself sends a ping late, the system had paused the
 * launcher. So the server may be healthy.
 */
function startPinging(socket: Socket, onSilence: () => void): () => void {
  let silentPings = 0;
  let lastMs = performance.now();
  socket.on("data", () => {
    silentPings = 0;
  });
  const timer = setInterval(() => {
    const now = performance.now();
    silentPings = now - lastMs > 2 * PING_MS ? 0 : silentPings + 1;
    lastMs = now;
    if (silentPings > MAX_SILENT_PINGS) {
      onSilence();
    } else {
      sendMessage(socket, { type: "ping" });
    }
  }, PING_MS);
  return () => clearInterval(timer);
}

/** Kills a server that hangs, if the process id still belongs to the server. */
export function killServer(server: ProcessIdentity): void {
  try {
    if (isAlive(server)) {
      process.kill(server.pid, "SIGKILL");
    }
  } catch {
    // The server's process has just ended, or belongs to another user. In both cases a new server takes over the socket.
  }
}

interface OpenPromise<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

function createPromise<T>(): OpenPromise<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
