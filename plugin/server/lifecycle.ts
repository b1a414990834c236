/** How often to look whether the process is still needed. */
const NEED_CHECK_MS = 500;
const DRAIN_CHECK_MS = 100;

export interface LifecycleOptions {
  /** Why the process is no longer needed; undefined while it is. A process that ends for such a reason can be needed again. */
  findReasonToEnd(): string | undefined;
  /** Called once, when the process decides to end for good. */
  onFinal(reason: string): void;
  /**
   * Called again and again while the process is to end: hands its connections to the process that took over.
   *
   * @returns why the process may end now, or undefined.
   */
  drain(): string | undefined;
  /** The process is needed again, although it was to end. */
  resume(): void;
  /** Ends the process. */
  exit(reason: string): void;
}

export interface Lifecycle {
  /** Whether the process is to end. */
  isEnding(): boolean;
  /** Ends the process as soon as no request depends on it. */
  end(reason: string): void;
  /** Looks now whether the process is still needed. */
  look(): void;
}

/**
 * Decides when the process ends. SIGTERM may come while requests are still under way, and no signal comes at all when the process
 * that started this one is killed.
 */
export function manageLifecycle({ findReasonToEnd, onFinal, drain, resume, exit }: LifecycleOptions): Lifecycle {
  let draining: NodeJS.Timeout | undefined;
  let isFinal = false;

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
  return { isEnding: () => draining !== undefined, end, look };
}
