import type { Server, Socket } from "node:net";
import type { Connection } from "../protocol/connection.ts";
import { identifySocket, isAnswered, listenOnDescriptor, listenOnSocket } from "./listen.ts";

export interface PluginSocketOptions {
  readonly path: string;
  /** Permissions of the socket. */
  readonly mode: number;
  /** Descriptor of a listening socket that a service manager passed on. */
  readonly inherited: number | undefined;
  readonly onClosed: (connection: Connection) => void;
  readonly log: (line: string) => void;
}

/** The socket to which Kong connects, and the open connections of this process. */
export class PluginSocket {
  readonly #options: PluginSocketOptions;
  readonly #connections = new Set<Connection>();
  #inherited: number | undefined;
  #listening: Server | undefined;
  #own: string | undefined;
  /** Whether connections wait for the next process if this process does not accept them. */
  #isQueue = false;
  #lastCallMs = performance.now();

  constructor(options: PluginSocketOptions) {
    this.#options = options;
    this.#inherited = options.inherited;
  }

  get connections(): ReadonlySet<Connection> {
    return this.#connections;
  }

  /** When the last call came, on the clock of `performance.now`. */
  get lastCallMs(): number {
    return this.#lastCallMs;
  }

  /** Whether this process has listened before. */
  get hasListened(): boolean {
    return this.#listening !== undefined;
  }

  isOurs(): boolean {
    return this.#own !== undefined && identifySocket(this.#options.path) === this.#own;
  }

  /** Whether another process has the socket. A missing file does not count, because then requests reach no process. */
  isReplaced(): boolean {
    return this.hasListened && !this.isOurs() && identifySocket(this.#options.path) !== undefined;
  }

  /** @param serve answers the calls of one connection. */
  async listen(serve: (socket: Socket) => Connection): Promise<void> {
    const { path, mode, log } = this.#options;
    this.stopAccepting(); // Open connections still get answers.
    const inherited = this.#inherited;
    this.#inherited = undefined; // If this socket's file is removed, this process creates a new socket.
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
   * Leaves new connections to the next process, if a service manager holds the socket.
   *
   * @returns whether a service manager holds the socket.
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
