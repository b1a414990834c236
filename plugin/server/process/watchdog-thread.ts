/** The code in this file runs in a separate thread; see watchdog.ts. */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const CHECK_MS = 200;
const STDERR = 2;

/**
 * @param silentMs how long the event loop had been silent at the previous check, in milliseconds.
 * @param waitedMs time since the last check, in milliseconds.
 * @returns how long the event loop has been silent now, in milliseconds. If the wait took much longer than planned, the
 * system had paused the whole process or machine. The result is then 0.
 */
export function countSilence(silentMs: number, hasBeaten: boolean, waitedMs: number): number {
  return hasBeaten || waitedMs > CHECK_MS * 5 ? 0 : silentMs + CHECK_MS;
}

function watch({ beats, limitMs }: { readonly beats: Int32Array; readonly limitMs: number }): void {
  // No code changes this number. So a wait for a change always lasts until its timeout.
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let lastBeat = Atomics.load(beats, 0);
  let silentMs = 0;
  for (;;) {
    const before = performance.now();
    Atomics.wait(never, 0, 0, CHECK_MS);
    const beat = Atomics.load(beats, 0);
    silentMs = countSilence(silentMs, beat !== lastBeat, performance.now() - before);
    lastBeat = beat;
    if (silentMs >= limitMs) {
      try {
        writeSync(STDERR, `watchdog: the event loop was blocked for ${limitMs} ms, so the process ends\n`);
      } catch {
        // The process that reads the error output has ended. The process is blocked, so it must end even without this
        // message.
      }
      process.kill(process.pid, "SIGKILL");
    }
  }
}

if (workerData?.beats) {
  watch(workerData);
}
