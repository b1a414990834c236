import { NAME } from "../kong/contract/plugin-identity.ts";
import { createOperatorLog, type OperatorLog } from "../observe/operator-log.ts";
import { LAUNCHER_DESCRIPTOR } from "./launcher/control-messages.ts";
import { createHandOver, type HandOver } from "./process/hand-over.ts";
import { Launchers } from "./process/launchers.ts";
import { type Lifecycle, manageLifecycle } from "./process/lifecycle.ts";
import { PluginSocket } from "./process/plugin-socket.ts";
import type { ServerOptions } from "./settings/server-options.ts";

/** Before the process exits, it waits for this many milliseconds, so that the launcher can read the last message. */
const FAREWELL_MS = 50;
const REPLACED = "another server has taken over";

/**
 * The parts of this process that exist before any policy is read: the log, the socket, the launchers and the lifecycle.
 *
 * When the process ends, its parts stop in this order:
 *
 * 1. The launchers get the message that the process will end.
 * 2. The next server gets all new connections, and the status address.
 * 3. Kong drops each open connection after its next answer. This process closes idle connections, one at a time.
 * 4. The process exits. Policies, keys and threads end with the process.
 */
export class ServerProcess {
  readonly options: ServerOptions;
  readonly log: OperatorLog;
  readonly socket: PluginSocket;
  readonly lifecycle: Lifecycle;
  /** The attached launchers; undefined if no launcher started this process. */
  readonly launchers: Launchers | undefined;
  /** Whether a service manager keeps the socket open. */
  readonly isQueue: boolean;
  readonly #handOver: HandOver;
  readonly #parentPid: number;
  #isRetired = false;

  /** @param inherited file descriptor of the listening socket that a service manager passed on. */
  constructor(options: ServerOptions, inherited: number | undefined) {
    this.options = options;
    this.isQueue = inherited !== undefined;
    this.#parentPid = options.parentPid ?? process.ppid;
    this.log = createOperatorLog((line, isWarning) => this.#print(line, isWarning));
    this.socket = new PluginSocket({
      path: options.socket,
      mode: options.socketMode,
      inherited,
      onClosed: (connection) => this.#handOver.noteClosed(connection),
      log: this.log.info,
    });
    this.#handOver = this.#createHandOver();
    this.lifecycle = this.#manageLifecycle();
    this.launchers = options.launched === undefined ? undefined : this.#attachLaunchers(options.launched);
  }

  /** Ends the process, because another server accepts connections on the plugin socket. */
  endReplaced(): void {
    this.lifecycle.end(REPLACED);
  }

  #isReplaced(): boolean {
    return this.#isRetired || this.socket.isReplaced();
  }

  #print(line: string, isWarning: boolean): void {
    if (this.launchers) {
      this.launchers.print(line, isWarning);
    } else {
      process.stdout.write(`${line}\n`);
    }
  }

  #createHandOver(): HandOver {
    return createHandOver({
      connections: this.socket.connections,
      isReplaced: () => this.#isReplaced(),
      // If a launcher started the server, the server keeps answering until its successor accepts connections.
      leaveToQueue: (hasWaited) => (hasWaited || this.launchers === undefined) && this.#leaveToQueue(),
      lastCallMs: () => this.socket.lastCallMs,
    });
  }

  #leaveToQueue(): boolean {
    const hasLeft = this.socket.leaveToQueue();
    if (hasLeft) {
      this.lifecycle.end("new calls wait for the next server"); // Calls cannot reach this process again, because it accepts no connections.
    }
    return hasLeft;
  }

  #manageLifecycle(): Lifecycle {
    return manageLifecycle({
      findReasonToEnd: () => this.#findReasonToEnd(),
      onFinal: (reason) => this.launchers?.tellEnding(reason, this.#isReplaced()),
      drain: () => (this.socket.hasListened ? this.#handOver.drain() : "before it listened"),
      resume: this.#handOver.resume,
      exit: (reason) => this.#exit(reason),
    });
  }

  #attachLaunchers(identity: string): Launchers {
    return new Launchers({
      socket: this.options.socket,
      identity,
      descriptor: LAUNCHER_DESCRIPTOR,
      isQueue: this.isQueue,
      onRetire: () => this.#retire(),
      onAttached: this.lifecycle.look,
      isEnding: this.lifecycle.isEnding,
      lastCallMs: () => this.socket.lastCallMs,
      onEnd: () => process.kill(process.pid, "SIGINT"),
      onWarning: this.log.warn,
    });
  }

  #findReasonToEnd(): string | undefined {
    if (this.launchers) {
      return this.launchers.findReasonToEnd();
    }
    return process.ppid === this.#parentPid ? undefined : "the parent process is gone";
  }

  #retire(): void {
    this.#isRetired = true;
    this.socket.stopAccepting();
    this.endReplaced();
  }

  #exit(reason: string): void {
    this.log.info(`${NAME} ends: ${reason}`);
    setTimeout(() => process.exit(0), this.launchers ? FAREWELL_MS : 0);
  }
}
