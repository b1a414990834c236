/** Connections to the plugin server's socket. As in Kong, they stay open for the next call. */
import { connect, type Socket } from "node:net";
import { createFrameReader, encodeFrame } from "../../plugin/server/protocol/frames.ts";

/** The size in bytes of the length field before each frame. */
const FRAME_HEAD_BYTES = 4;

/** Errors of a connection have the same messages as in Kong. Kong retries a call that fails with `closed`. */
export interface PluginConnection {
  /** @throws Error `closed` or `timeout`. */
  readFrame(): Promise<Buffer>;
  /** @throws Error `broken pipe` when the plugin server has closed the connection. */
  writeFrame(payload: Uint8Array): void;
  /** Returns the connection to the pool. */
  keepAlive(): void;
  destroy(): void;
}

export interface ConnectionPool {
  /** @throws Error `connection refused` or `no such file or directory` when no process listens. */
  acquire(): Promise<PluginConnection>;
  close(): void;
}

/**
 * @param readTimeout the limit for one read, in milliseconds. It is nginx's `lua_socket_read_timeout`, 60 s by default.
 */
export function createConnectionPool(socketPath: string, readTimeout: number): ConnectionPool {
  const idle: OpenConnection[] = [];
  const open = new Set<OpenConnection>();

  const openConnection = async (): Promise<OpenConnection> => {
    const connection = watchConnection(await openSocket(socketPath));
    open.add(connection);
    connection.socket.once("close", () => open.delete(connection));
    return connection;
  };

  const takeIdle = (): OpenConnection | undefined => {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      // As in Kong, the sandbox does not reuse a connection that was closed in the meantime or has received unexpected
      // bytes.
      if (connection.isQuiet()) {
        return connection;
      }
      connection.socket.destroy();
    }
    return undefined;
  };

  return {
    acquire: async () => {
      const connection = takeIdle() ?? (await openConnection());
      return {
        readFrame: () => connection.read(readTimeout),
        writeFrame: (payload) => connection.write(payload),
        keepAlive: () => {
          idle.push(connection);
        },
        destroy: () => connection.socket.destroy(),
      };
    },
    close: () => {
      for (const { socket } of open) {
        socket.destroy();
      }
    },
  };
}

interface OpenConnection {
  socket: Socket;
  read(timeout: number): Promise<Buffer>;
  write(payload: Uint8Array): void;
  /** Whether the connection is open and has no unread bytes. */
  isQuiet(): boolean;
}

function openSocket(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => reject(new Error(describeError(error))));
  });
}

function watchConnection(socket: Socket): OpenConnection {
  const frames: Buffer[] = [];
  let bytesBeyondFrames = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  const feed = createFrameReader((payload) => {
    bytesBeyondFrames -= FRAME_HEAD_BYTES + payload.byteLength;
    frames.push(Buffer.from(payload));
  });
  socket.on("data", (chunk) => {
    try {
      bytesBeyondFrames += chunk.byteLength;
      feed(chunk);
    } catch {
      socket.destroy();
    }
    wake?.();
  });
  const end = (): void => {
    ended = true;
    socket.destroy();
    wake?.();
  };
  socket.on("end", end);
  socket.on("close", end);
  socket.on("error", end);

  const waitForFrame = (timeout: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        wake = undefined;
        reject(new Error("timeout"));
      }, timeout);
      wake = () => {
        if (frames.length > 0 || ended) {
          clearTimeout(timer);
          wake = undefined;
          resolve();
        }
      };
      wake();
    });

  return {
    socket,
    read: async (timeout) => {
      await waitForFrame(timeout);
      const frame = frames.shift();
      if (frame === undefined) {
        throw new Error("closed");
      }
      return frame;
    },
    write: (payload) => {
      if (ended || !socket.writable) {
        throw new Error("broken pipe");
      }
      socket.write(encodeFrame(payload));
    },
    isQuiet: () => !ended && bytesBeyondFrames === 0 && frames.length === 0,
  };
}

function describeError(error: NodeJS.ErrnoException): string {
  const words: Record<string, string> = { ECONNREFUSED: "connection refused", ENOENT: "no such file or directory" };
  return words[error.code ?? ""] ?? error.message;
}
