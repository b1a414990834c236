/** How often to look whether the parent is still there. */
const PARENT_CHECK_MS = 500;
const DRAIN_CHECK_MS = 100;

export interface Lifecycle {
  /** The process whose end is this one's; process.ppid would miss a parent that is gone before it is read. */
  readonly parentPid: number;
  /**
   * Called again and again once the process is to end: sends those who can away to the process that took over.
   *
   * @returns why the process may end now, or undefined.
   */
  drain(): string | undefined;
  /** Ends the process. */
  exit(reason: string): void;
}

/**
 * Decides when the process ends. Kong sends SIGTERM at the end of a worker whose last requests may still be under way, and
 * sends nothing at all when its worker 0 is killed.
 */
export function manageLifecycle({ parentPid, drain, exit }: Lifecycle): { isEnding(): boolean } {
  let isEnding = false;

  const endSoon = (reason: string): void => {
    if (isEnding) {
      return;
    }
    isEnding = true;
    setInterval(() => {
      const why = drain();
      if (why !== undefined) {
        exit(`${reason}, ${why}`);
      }
    }, DRAIN_CHECK_MS);
  };

  process.on("SIGTERM", () => endSoon("SIGTERM"));
  process.on("SIGINT", () => exit("SIGINT"));
  setInterval(() => {
    if (process.ppid !== parentPid) {
      endSoon("the parent process is gone");
    }
  }, PARENT_CHECK_MS);
  return { isEnding: () => isEnding };
}
