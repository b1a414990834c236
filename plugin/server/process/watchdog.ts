import { Worker } from "node:worker_threads";

const BEAT_MS = 200;

/**
 * Ends the process if its event loop is blocked for `limitMs`. A blocked event loop cannot run its own timers, so Kong would
 * keep requests waiting until its read timeout. When the process ends, Kong's connections fail at once, and the server is
 * started again.
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
