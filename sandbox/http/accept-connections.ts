/** The ports of the gateway. Each accepts HTTP/1.1 and HTTP/2, and detects the version as nginx does with `http2` on `proxy_listen`. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { listenOn } from "./listen.ts";

/** The connection preface of HTTP/2: the first bytes from a client that uses HTTP/2 without negotiation (RFC 9113 section 3.4). */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Servers that accept connections through their event `connection`. */
export interface HttpServers {
  readonly http1: NodeJS.EventEmitter;
  readonly http2: NodeJS.EventEmitter;
}

/** A certificate with its chain and its key, as PEM. */
export interface TlsOptions {
  readonly certificate: string;
  readonly key: string;
}

interface Listener {
  readonly port: number;
  /** Stops listening and closes every connection. */
  stop(): Promise<void>;
}

/**
 * Accepts connections without TLS.
 *
 * @param port 0 means any free port.
 * @param patience milliseconds within which a client must send its first bytes.
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export function acceptPlain(port: number, patience: number, servers: HttpServers): Promise<Listener> {
  return startListener(
    // As in node:http: a client that has closed its sending side may still wait for the answer.
    createServer({ noDelay: true, allowHalfOpen: true }, (socket) => tellVersion(socket, patience, servers)),
    port,
  );
}

/**
 * Accepts connections with TLS. The client chooses the version by ALPN; without ALPN it gets HTTP/1.1.
 *
 * @throws Error with code EADDRINUSE when the port is taken.
 * @throws Error when the certificate or the key is invalid, or when they do not match.
 */
export async function acceptTls(
  port: number,
  patience: number,
  { certificate, key }: TlsOptions,
  { http1, http2 }: HttpServers,
): Promise<Listener> {
  const server = createTlsServer(
    { cert: certificate, key, ALPNProtocols: ["h2", "http/1.1"], handshakeTimeout: patience, noDelay: true },
    (socket) => (socket.alpnProtocol === "h2" ? http2 : http1).emit("connection", socket),
  );
  return startListener(server, port);
}

async function startListener(server: Server, port: number): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await listenOn(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

/** Hands the connection over as soon as its first bytes are the preface, or can no longer become the preface. */
function tellVersion(socket: Socket, patience: number, { http1, http2 }: HttpServers): void {
  let seen: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const look = (): void => {
    seen = Buffer.concat([seen, socket.read() ?? Buffer.alloc(0)]);
    const length = Math.min(seen.length, PREFACE.length);
    const mayBeHttp2 = seen.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (mayBeHttp2 && length < PREFACE.length) {
      return;
    }
    for (const event of ["error", "end", "timeout"]) {
      socket.removeListener(event, giveUp);
    }
    socket.removeListener("readable", look);
    socket.setTimeout(0);
    socket.unshift(seen);
    socket.allowHalfOpen = !mayBeHttp2;
    (mayBeHttp2 ? http2 : http1).emit("connection", socket);
  };
  socket.setTimeout(patience);
  for (const event of ["error", "end", "timeout"]) {
    socket.once(event, giveUp);
  }
  socket.on("readable", look);
}
