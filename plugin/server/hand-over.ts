import type { Connection } from "./connection.ts";

/** How long connections are still served after another process took over. */
const GRACE_MS = 10_000;
/** How long a process that is to end waits for one that takes over; and how long, when no call comes any more. */
const SUCCESSOR_WAIT_MS = 60_000;
const SUCCESSOR_IDLE_WAIT_MS = 3_000;
/** A connection without a call for so long may be closed. */
const IDLE_MS = 1_000;
/** Where calls wait in a queue until this process has ended, it ends sooner: within Kong's read timeout. */
const QUEUE_GRACE_MS = 4_000;

export interface HandOverOptions {
  /** Those that are open. */
  readonly connections: ReadonlySet<Connection>;
  /** Whether another process has the socket now. */
  readonly isReplaced: () => boolean;
  /**
   * Stops accepting where a service manager holds the socket: the next process finds all connections in the queue. Returns whether
   * it does.
   */
  readonly leaveToQueue: () => boolean;
  /** When the last call came, on the clock of `performance.now`. */
  readonly lastCallMs: () => number;
}

export interface HandOver {
  /**
   * Called again and again once the process is to end: sends Kong's workers away to the process that took over.
   *
   * @returns why the process may end now, or undefined.
   */
  drain(): string | undefined;
  /** Forgets that the process was to end. */
  resume(): void;
  /** Takes note of a connection that is closed and no longer among the open ones. */
  noteClosed(connection: Connection): void;
}

const isPast = (limitMs: number, since: number): boolean => performance.now() - since > limitMs;

/** Ends the service of this process without a request that finds nobody, as on `kong reload` and in a rolling restart. */
export function createHandOver({ connections, isReplaced, leaveToQueue, lastCallMs }: HandOverOptions): HandOver {
  let endingSince: number | undefined;
  let replacedSince: number | undefined;
  /** The idle connection whose end Kong has not seen yet. */
  let closing: Connection | undefined;

  let isQueued = false;

  const closeNextIdle = (): void => {
    closing ??= [...connections].find((connection) => connection.closeIfIdle(IDLE_MS));
  };

  /** Whoever goes without a successor leaves requests to nobody: the next process may be on its way. */
  const waitForSuccessor = (since: number): string | undefined =>
    isPast(SUCCESSOR_WAIT_MS, since) || isPast(SUCCESSOR_IDLE_WAIT_MS, Math.max(since, lastCallMs()))
      ? "nobody took over"
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
        // Some may have connected before the other process took over, and are accepted only when this turn is over.
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
