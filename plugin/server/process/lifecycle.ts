import { waitAtMost } from "./listen.ts";

/** How often to check whether the process is still needed, in milliseconds. */
const NEED_CHECK_MS = 500;
const DRAIN_CHECK_MS = 100;

export interface LifecycleOptions {
  /**
   * Returns why the process is no longer needed; undefined if the process is still needed. A process that is already
   * ending can be needed again.
   */
  findReasonToEnd(): string | undefined;
  /** Called once, when the process will certainly end. */
  onFinal(reason: string): void;
  /**
   * Called repeatedly while the process is ending. The function hands this process's connections over to the process
   * that took the socket.
   *
   * @returns why the process may end now; undefined if the process must wait.
   */
  drain(): string | undefined;
  /** Called if the process began to end, but is needed again. */
  resume(): void;
  /** Ends the process. */
  exit(reason: string): void;
}

export interface Lifecycle {
  /** Whether the process is ending. */
  isEnding(): boolean;
  /** Ends the process as soon as no request depends on it. */
  end(reason: string): void;
  /** Checks now whether the process is still needed. */
  look(): void;
  /**
   * Adds a task for the last moment before the process exits. The process exits when the task has ended, or after `maxMs`
   * milliseconds.
   */
  beforeExit(maxMs: number, task: () => Promise<void>): void;
}

/**
 * Decides when the process ends. A signal alone does not decide this: SIGTERM may come while requests are still
 * running. And if the parent process is killed, this process gets no signal at all.
 */
export function manageLifecycle({ findReasonToEnd, onFinal, drain, resume, ...options }: LifecycleOptions): Lifecycle {
  let draining: NodeJS.Timeout | undefined;
  let isFinal = false;
  const lastTasks: (() => Promise<void>)[] = [];

  const exit = (reason: string): void => {
    void Promise.allSettled(lastTasks.map((task) => task())).then(() => options.exit(reason));
  };

  const startDraining = (reason: string): void => {
    draining ??= setInterval(() => {
      const done = drain();
      if (done !== undefined) {
        isFinal = true;
        clearInterval(draining);
        exit(`${reason}, ${done}`);
      }
    }, DRAIN_CHECK_MS);
  };
  const end = (reason: string): void => {
    if (!isFinal) {
      isFinal = true;
      onFinal(reason);
      startDraining(reason);
    }
  };
  const look = (): void => {
    const reason = findReasonToEnd();
    if (isFinal) {
      return;
    }
    if (reason !== undefined) {
      startDraining(reason);
    } else if (draining !== undefined) {
      clearInterval(draining);
      draining = undefined;
      resume();
    }
  };

  process.on("SIGTERM", () => end("SIGTERM"));
  process.on("SIGINT", () => exit("SIGINT"));
  setInterval(look, NEED_CHECK_MS);
  return {
    isEnding: () => draining !== undefined,
    end,
    look,
    beforeExit: (maxMs, task) => void lastTasks.push(() => waitAtMost(maxMs, task())),
  };
}
