import type { Connection } from "../protocol/connection.ts";

/** How many milliseconds this process still answers on open connections after another process has taken over. */
const GRACE_MS = 10_000;
/**
 * How long an ending process waits for another process to take over, in milliseconds. The shorter limit,
 * `SUCCESSOR_IDLE_WAIT_MS`, applies if no calls arrive.
 */
const SUCCESSOR_WAIT_MS = 60_000;
const SUCCESSOR_IDLE_WAIT_MS = 3_000;
/** A connection may be closed if no call came for this many milliseconds. */
const IDLE_MS = 1_000;
/**
 * Replaces `GRACE_MS` if new calls wait in the socket's queue until this process has ended. The time is shorter than
 * Kong's read timeout.
 */
const QUEUE_GRACE_MS = 4_000;

export interface HandOverOptions {
  /** The open connections. */
  readonly connections: ReadonlySet<Connection>;
  /** Whether another process listens on the socket now. */
  readonly isReplaced: () => boolean;
  /**
   * Stops accepting connections if a service manager keeps the socket open. The next process then finds all new connections in
   * the socket's queue.
   *
   * @param hasWaited whether this process has waited for a successor in vain.
   * @returns whether new connections wait in the queue from now on.
   */
  readonly leaveToQueue: (hasWaited: boolean) => boolean;
  /** When the last call came, measured with `performance.now`. */
  readonly lastCallMs: () => number;
}

export interface HandOver {
  /**
   * Called repeatedly while the process is ending. Sends Kong's workers to the process that took over.
   *
   * @returns why the process may end now; undefined if the process must wait.
   */
  drain(): string | undefined;
  /** Cancels the end of the process. */
  resume(): void;
  /** Called when a connection is closed. */
  noteClosed(connection: Connection): void;
}

const isPast = (limitMs: number, since: number): boolean => performance.now() - since > limitMs;

/**
 * Runs a task after Node has read once more from the sockets. The first `setImmediate` may run before Node reads, but the
 * second runs after a read.
 */
function afterNextRead(task: () => void): void {
  setImmediate(() => setImmediate(task));
}

/**
 * Hands the service over to another process, for example on `kong reload` and in a rolling restart. During the hand-over, every
 * request finds a server.
 */
export function createHandOver({ connections, isReplaced, leaveToQueue, lastCallMs }: HandOverOptions): HandOver {
  let endingSince: number | undefined;
  let replacedSince: number | undefined;
  /** An idle connection: this process has closed its half, and Kong has not yet read the end of the stream. */
  let closing: Connection | undefined;

  let isQueued = false;

  /**
   * If this process was paused, Kong's next call may have arrived during the pause. So a connection counts as idle only
   * after Node has read from it again.
   */
  const closeNextIdle = (): void => {
    afterNextRead(() => {
      closing ??= [...connections].find((connection) => connection.closeIfIdle(IDLE_MS));
    });
  };

  /**
   * Whether this process has waited long enough for a successor. It waits because another program may be starting a
   * successor now. Without a successor, no process answers requests after this process has ended.
   */
  const hasWaitedSince = (since: number): boolean =>
    isPast(SUCCESSOR_WAIT_MS, since) || isPast(SUCCESSOR_IDLE_WAIT_MS, Math.max(since, lastCallMs()));

  const closeConnections = (): string | undefined => {
    for (const connection of connections) {
      connection.retire();
    }
    closeNextIdle();
    if (replacedSince === undefined) {
      // Some connections may have come before the other process took over. Node accepts the waiting connections only
      // after this turn of the event loop.
      replacedSince = performance.now();
      return undefined;
    }
    if (connections.size === 0) {
      return "nothing left to serve";
    }
    return isPast(isQueued ? QUEUE_GRACE_MS : GRACE_MS, replacedSince) ? "grace time over" : undefined;
  };

  return {
    drain() {
      endingSince ??= performance.now();
      const hasWaited = hasWaitedSince(endingSince);
      isQueued = isQueued || (!isReplaced() && leaveToQueue(hasWaited));
      if (isQueued || isReplaced()) {
        return closeConnections();
      }
      return hasWaited ? "no process took over" : undefined;
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
