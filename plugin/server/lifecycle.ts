/** How often to look whether the parent is still there. */
const PARENT_CHECK_MS = 500;
const DRAIN_CHECK_MS = 100;
/** Read as early as can be: a parent that is gone before this is not missed. */
const PARENT = process.ppid;

export interface Lifecycle {
  /** How long connections are still served after SIGTERM, in milliseconds. */
  readonly graceMs: number;
  /**
   * Called again and again once the process is to end: sends those who can away to the process that took over. Returns whether nothing
   * more can come: no connection is open, and new ones go to another process or nobody is left to open any.
   */
  drain(parentIsGone: boolean): boolean;
  /** Ends the process. */
  exit(reason: string): void;
}

/**
 * Decides when the process ends. Kong sends SIGTERM at the end of a worker whose last requests may still be under way, and
 * sends nothing at all when its worker 0 is killed.
 */
export function manageLifecycle({ graceMs, drain, exit }: Lifecycle): { isEnding(): boolean } {
  let isEnding = false;
  const parentIsGone = (): boolean => process.ppid !== PARENT;

  const endSoon = (reason: string): void => {
    if (isEnding) {
      return;
    }
    isEnding = true;
    setTimeout(() => exit(`${reason}, grace time over`), graceMs);
    setInterval(() => {
      if (drain(parentIsGone())) {
        exit(`${reason}, nothing left to serve`);
      }
    }, DRAIN_CHECK_MS);
  };

  process.on("SIGTERM", () => endSoon("SIGTERM"));
  process.on("SIGINT", () => exit("SIGINT"));
  setInterval(() => {
    if (parentIsGone()) {
      endSoon("the parent process is gone");
    }
  }, PARENT_CHECK_MS);
  return { isEnding: () => isEnding };
}
