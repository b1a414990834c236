import { writeFileSync } from "node:fs";
import { type Server, Socket } from "node:net";
import { messageOf } from "../../core/text/error-message.ts";
import {
  controlPathOf,
  type LauncherMessage,
  onMessage,
  pidPathOf,
  type ServerMessage,
  sendMessage,
} from "../launcher/control-messages.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "../launcher/process-identity.ts";
import { identifySocket, isAnswered, listenOnSocket } from "./listen.ts";

/** After a launcher has ended, Kong starts the next launcher within this many milliseconds, even on a busy machine. */
const WITHOUT_LAUNCHER_MS = 30_000;
/**
 * A service manager starts the next launcher at once. So if no launcher attaches within this many milliseconds, the
 * service was stopped.
 */
const STOPPED_MS = 10_000;
const MAX_WAITING_LINES = 200;
const CONTROL_MODE = 0o600;

export interface LaunchersOptions {
  /** The path of the plugin socket. */
  readonly socket: string;
  readonly identity: string;
  /** The file descriptor that attaches this server to the launcher that started it. */
  readonly descriptor: number;
  /** Whether a service manager keeps the plugin socket open. */
  readonly isQueue: boolean;
  /** Called when a launcher has attached. */
  readonly onAttached: () => void;
  /**
   * Whether this process is handing over to another server. During this time, a launcher cannot attach to this process.
   */
  readonly isEnding: () => boolean;
  readonly lastCallMs: () => number;
  /** Called when another server accepts connections on the same socket. */
  readonly onRetire: () => void;
  /** Called when the last launcher asks this process to end. */
  readonly onEnd: () => void;
  readonly onWarning: (line: string) => void;
}

/** The launchers that are attached to this server. Usually there is one launcher. While Kong reloads, there are two. */
export class Launchers {
  readonly #options: LaunchersOptions;
  /** The launchers that are attached, in the order in which they attached. */
  readonly #attached = new Set<Socket>();
  readonly #self: ProcessIdentity = identifyProcess(process.pid);
  #waitingLines: { readonly line: string; readonly isWarning: boolean }[] = [];
  #owner: ProcessIdentity | undefined;
  #leftMs = performance.now();
  #server: Server | undefined;
  /** Whether this server listens on the plugin socket. */
  #isListening = false;
  /** Identifies the control socket of this server; undefined if this server could not create a control socket. */
  #control: string | undefined;

  constructor(options: LaunchersOptions) {
    this.#options = options;
    try {
      this.#attach(new Socket({ fd: options.descriptor, readable: true, writable: true }));
    } catch {
      // The descriptor is not open, because an operator has started the server by hand. The server will end, because no
      // launcher is attached.
    }
  }

  /** Listens for further launchers, and tells the first launcher that the server is listening. */
  async listen(): Promise<void> {
    this.#isListening = true;
    this.#tellAll({ type: "listening" });
    await this.#openControl();
  }

  /**
   * Handles the case that another process has replaced the control socket. Call this method only while this server has the
   * plugin socket.
   *
   * - If a service manager keeps the plugin socket open, several servers can accept connections on it. The server that
   *   opened the control socket last stays. So this server ends. Usually the launcher of the new server asks this
   *   server to end, but the service manager may have ended the launcher before that.
   * - If no service manager keeps the plugin socket open, this server takes the control socket back. Two servers that
   *   start at the same time may replace the plugin socket and the control socket in different orders. The control
   *   socket then belongs to the server that will end. Without this step, launchers would not find the server that has
   *   the plugin socket.
   */
  async keepControl(): Promise<void> {
    const { socket, isQueue, onRetire } = this.#options;
    const path = controlPathOf(socket);
    if (this.#control === undefined || identifySocket(path) === this.#control) {
      return;
    }
    if (!isQueue) {
      await this.#openControl();
    } else if (await isAnswered(path)) {
      this.#control = undefined;
      onRetire();
    }
  }

  async #openControl(): Promise<void> {
    const { socket } = this.#options;
    const path = controlPathOf(socket);
    this.#control = undefined;
    this.#server?.close();
    try {
      this.#server = await listenOnSocket(path, CONTROL_MODE, (launcher) => this.#attach(launcher));
      this.#control = identifySocket(path);
      writeFileSync(pidPathOf(socket), JSON.stringify(this.#self), { mode: CONTROL_MODE });
    } catch (error) {
      // The server also works without a control socket. The next launcher cannot find this server, so the launcher
      // starts another server, and the other server takes over.
      this.#options.onWarning(`no launcher can reach the server: ${messageOf(error)}`);
    }
  }

  /** Prints a line through the newest launcher. If no launcher is attached, stores the line for the next launcher. */
  print(line: string, isWarning: boolean): void {
    const newest = [...this.#attached].at(-1);
    if (newest === undefined) {
      this.#waitingLines = [...this.#waitingLines, { line, isWarning }].slice(-MAX_WAITING_LINES);
    } else {
      sendMessage(newest, { type: "log", line, isWarning });
    }
  }

  /** Returns why this server is no longer needed; undefined if a launcher is attached or may still attach. */
  findReasonToEnd(): string | undefined {
    if (this.#attached.size > 0) {
      return undefined;
    }
    if (!this.#isListening) {
      return "the launcher ended before the server listened";
    }
    if (this.#owner === undefined || !isAlive(this.#owner)) {
      return "Kong is gone";
    }
    const { isQueue, lastCallMs } = this.#options;
    if (isQueue) {
      return performance.now() - this.#leftMs > STOPPED_MS ? "the service is stopped" : undefined;
    }
    const idleMs = performance.now() - Math.max(this.#leftMs, lastCallMs());
    return idleMs > WITHOUT_LAUNCHER_MS ? "no launcher is attached" : undefined;
  }

  /** Reports to the launchers that this server ends, so that they find or start another server. */
  tellEnding(reason: string, isReplaced: boolean): void {
    this.#tellAll({ type: "ending", reason, isReplaced });
  }

  #tellAll(message: ServerMessage): void {
    for (const launcher of this.#attached) {
      sendMessage(launcher, message);
    }
  }

  #attach(launcher: Socket): void {
    this.#attached.add(launcher);
    launcher.on("error", () => {}); // The `close` event that follows the error handles the end of the connection.
    launcher.on("close", () => {
      this.#attached.delete(launcher);
      this.#leftMs = performance.now();
    });
    onMessage<LauncherMessage>(launcher, (message) => this.#handle(launcher, message));
  }

  #handle(launcher: Socket, message: LauncherMessage): void {
    if (message.type === "hello") {
      this.#owner = message.owner;
      this.#options.onAttached();
      this.#welcome(launcher);
    } else if (message.type === "ping") {
      sendMessage(launcher, { type: "pong" });
    } else if (message.type === "retire") {
      this.#options.onRetire();
    } else if (message.type === "warning") {
      this.#options.onWarning(`the next server, which waits for its turn: ${message.line.replace(/^warning: /, "")}`);
    } else if (message.type === "end" && this.#attached.size === 1) {
      this.#options.onEnd();
    }
  }

  #welcome(launcher: Socket): void {
    const { identity, isEnding } = this.#options;
    sendMessage(launcher, { type: "welcome", server: this.#self, identity, isEnding: isEnding() });
    if (this.#isListening) {
      sendMessage(launcher, { type: "listening" });
    }
    for (const waiting of this.#waitingLines) {
      sendMessage(launcher, { type: "log", ...waiting });
    }
    this.#waitingLines = [];
  }
}
