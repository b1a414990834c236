import type { Connection } from "../protocol/connection.ts";

/** How long this process still answers on open connections after another process took over. */
const GRACE_MS = 10_000;
/** How long an ending process waits for a successor. The second, shorter limit applies if no calls arrive. */
const SUCCESSOR_WAIT_MS = 60_000;
const SUCCESSOR_IDLE_WAIT_MS = 3_000;
/** A connection without a call for this long may be closed. */
const IDLE_MS = 1_000;
/** If calls wait in a queue until this process has ended, this shorter limit applies. It is shorter than Kong's read timeout. */
const QUEUE_GRACE_MS = 4_000;

export interface HandOverOptions {
  /** The open connections. */
  readonly connections: ReadonlySet<Connection>;
  /** Whether another process has the socket now. */
  readonly isReplaced: () => boolean;
  /**
   * Stops accepting connections if a service manager holds the socket. The next process then finds all connections in the
   * queue. Returns whether a service manager holds the socket.
   */
  readonly leaveToQueue: () => boolean;
  /** When the last call came, on the clock of `performance.now`. */
  readonly lastCallMs: () => number;
}

export interface HandOver {
  /**
   * Called repeatedly while the process is ending. Sends Kong's workers to the process that took over.
   *
   * @returns why the process may end now, or undefined.
   */
  drain(): string | undefined;
  /** Cancels the end of the process. */
  resume(): void;
  /** Notes that a connection is closed. */
  noteClosed(connection: Connection): void;
}

const isPast = (limitMs: number, since: number): boolean => performance.now() - since > limitMs;

/**
 * Runs a task after Node has read once more from the sockets. The first `setImmediate` may run before that read, but the second
 * runs after it.
 */
function afterNextRead(task: () => void): void {
  setImmediate(() => setImmediate(task));
}

/**
 * Stops the service of this process, for example on `kong reload` and in a rolling restart. Every request still finds a
 * server.
 */
export function createHandOver({ connections, isReplaced, leaveToQueue, lastCallMs }: HandOverOptions): HandOver {
  let endingSince: number | undefined;
  let replacedSince: number | undefined;
  /** The idle connection that this process is closing. Kong has not read the end of this connection yet. */
  let closing: Connection | undefined;

  let isQueued = false;

  /** Kong's next call may have arrived while this process was paused, so a connection counts as idle only after a read. */
  const closeNextIdle = (): void => {
    afterNextRead(() => {
      closing ??= [...connections].find((connection) => connection.closeIfIdle(IDLE_MS));
    });
  };

  /**
   * Waits for a successor, which may be starting. If this process ended without a successor, no process would answer the
   * requests.
   */
  const waitForSuccessor = (since: number): string | undefined =>
    isPast(SUCCESSOR_WAIT_MS, since) || isPast(SUCCESSOR_IDLE_WAIT_MS, Math.max(since, lastCallMs()))
      ? "no process took over"
      : undefined;

  return {
    drain() {
      endingSince ??= performance.now();
      isQueued = isQueued || leaveToQueue();
      if (!isQueued && !isReplaced()) {
        return waitForSuccessor(endingSince);
      }
      for (const connection of connections) {
        connection.retire();
      }
      closeNextIdle();
      if (replacedSince === undefined) {
        // Some clients may have connected before the other process took over. They are accepted only after this turn of the event
        // loop.
        replacedSince = performance.now();
        return undefined;
      }
      if (connections.size === 0) {
        return "nothing left to serve";
      }
      return isPast(isQueued ? QUEUE_GRACE_MS : GRACE_MS, replacedSince) ? "grace time over" : undefined;
    },
    resume() {
      endingSince = undefined;
    },
    noteClosed(connection) {
      if (connection === closing) {
        closing = undefined;
        closeNextIdle();
      }
    },
  };
}
