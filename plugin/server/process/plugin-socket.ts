import type { Server, Socket } from "node:net";
import type { Connection } from "../protocol/connection.ts";
import { identifySocket, isAnswered, listenOnDescriptor, listenOnSocket } from "./listen.ts";

export interface PluginSocketOptions {
  readonly path: string;
  /** Permissions of the socket's file. */
  readonly mode: number;
  /** File descriptor of the listening socket that a service manager passed on. */
  readonly inherited: number | undefined;
  readonly onClosed: (connection: Connection) => void;
  readonly log: (line: string) => void;
}

/** The socket to which Kong connects, and this process's open connections. */
export class PluginSocket {
  readonly #options: PluginSocketOptions;
  readonly #connections = new Set<Connection>();
  #inherited: number | undefined;
  #listening: Server | undefined;
  #own: string | undefined;
  /** Whether new connections wait in a queue for the next process when this process has stopped accepting them. */
  #isQueue = false;
  #lastCallMs = performance.now();

  constructor(options: PluginSocketOptions) {
    this.#options = options;
    this.#inherited = options.inherited;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** When the last call came, measured with `performance.now`. */
  get lastCallMs(): number {
    return this.#lastCallMs;
  }

  /** Whether this process has ever listened on the socket. */
  get hasListened(): boolean {
    return this.#listening !== undefined;
  }

  isOurs(): boolean {
    return this.#own !== undefined && identifySocket(this.#options.path) === this.#own;
  }

  /**
   * Whether another process listens on the socket. If the file of the socket is missing, the result is false, because
   * no process can then get requests.
   */
  isReplaced(): boolean {
    return this.hasListened && !this.isOurs() && identifySocket(this.#options.path) !== undefined;
  }

  /** @param serve starts to answer the calls of one connection. */
  async listen(serve: (socket: Socket) => Connection): Promise<void> {
    const { path, mode, log } = this.#options;
    this.stopAccepting(); // The process still answers on open connections.
    const inherited = this.#inherited;
    this.#inherited = undefined; // If the socket's file is removed later, this process creates a new socket.
    const accept = (socket: Socket): void => this.#keep(socket, serve(socket));
    const server =
      inherited === undefined ? await listenOnSocket(path, mode, accept) : await listenOnDescriptor(inherited, accept);
    server.on("error", (error) => log(`listening: ${error.message}`));
    this.#listening = server;
    this.#isQueue = inherited !== undefined;
    this.#own = inherited === undefined || (await isAnswered(path)) ? identifySocket(path) : undefined;
  }

  stopAccepting(): void {
    this.#listening?.close();
  }

  /**
   * Leaves new connections to the next process, if a service manager keeps the socket open.
   *
   * @returns whether a service manager keeps the socket open.
   */
  leaveToQueue(): boolean {
    const isQueued = this.#isQueue && this.isOurs();
    if (isQueued) {
      this.stopAccepting();
    }
    return isQueued;
  }

  #keep(socket: Socket, connection: Connection): void {
    this.#connections.add(connection);
    socket.on("data", () => {
      this.#lastCallMs = performance.now();
    });
    socket.on("close", () => {
      this.#connections.delete(connection);
      this.#options.onClosed(connection);
    });
  }
}
