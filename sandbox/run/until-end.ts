/** A sandbox ends if the user ends it, its terminal closes, its parent process dies, or the reader of its output closes. */

const PARENT_POLL_MS = 500;
/** The process ends after this time even if a part does not stop, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Resolves after the end, when `stop` has stopped everything. A second signal ends the process at once.
 *
 * @param stop may be called while the start is not complete yet.
 */
export async function untilEnd(stop: () => Promise<void>): Promise<never> {
  await waitForEnd();
  setTimeout(() => process.exit(1), PATIENCE_MS).unref();
  await stop().catch(() => undefined);
  process.exit(0);
}

function waitForEnd(): Promise<void> {
  const { ppid } = process;
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => resolve());
    }
    // If the reader of the output closes it, as in `npm start | head`, the sandbox ends in the same way as after Ctrl-C.
    process.stdout.on("error", () => resolve());
    process.stderr.on("error", () => resolve());
    // npm, or the shell that npm started, may be killed without a signal to this process.
    setInterval(() => process.ppid !== ppid && resolve(), PARENT_POLL_MS).unref();
  });
}
