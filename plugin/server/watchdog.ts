import { Worker } from "node:worker_threads";

const BEAT_MS = 200;

/**
 * Ends the process when its event loop does not turn for `limitMs`. A blocked loop can not fire its own deadlines, and
 * Kong would hold requests until its read timeout; a dead process is refused at once and respawned.
 */
export function startWatchdog(limitMs: number): void {
  const beats = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS).unref();
  const thread = new Worker(new URL("./watchdog-thread.js", import.meta.url), {
    workerData: { beats, limitMs },
    stdout: false,
  });
  thread.unref();
}
