/**
 * Ends a sandbox in four cases: the user ends it, its terminal closes, its parent process ends, or the reader of its
 * output closes the pipe.
 */

const PARENT_POLL_MS = 500;
/** If a part does not stop, the process ends after this time, in milliseconds. */
const PATIENCE_MS = 5_000;

/**
 * Waits until the sandbox ends, and resolves when `stop` has stopped all its parts. A second signal ends the process at once.
 *
 * @param stop may be called before the start is complete.
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
    // If the reader of the output closes the pipe, as in `npm start | head`, the sandbox ends as after Ctrl-C.
    process.stdout.on("error", () => resolve());
    process.stderr.on("error", () => resolve());
    // If npm or its shell is killed, this process gets no signal. So it watches its parent process.
    setInterval(() => process.ppid !== ppid && resolve(), PARENT_POLL_MS).unref();
  });
}
