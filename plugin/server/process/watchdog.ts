import { Worker } from "node:worker_threads";

const BEAT_MS = 200;

/**
 * Ends the process if its event loop is blocked for `limitMs`. If the event loop is blocked, it cannot run its own
 * timers. Kong would then keep requests waiting until its read timeout. When the process ends, Kong's connections fail
 * at once, and the server is started again.
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
