/** Runs in a separate thread; see watchdog.ts. */
import { writeSync } from "node:fs";
import { workerData } from "node:worker_threads";

const CHECK_MS = 100;
const STDERR = 2;

const { beats, limitMs } = workerData as { readonly beats: Int32Array; readonly limitMs: number };

let lastBeat = Atomics.load(beats, 0);
let silentMs = 0;
for (;;) {
  const before = performance.now();
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0, CHECK_MS);
  const beat = Atomics.load(beats, 0);
  // If the wait took much longer, the whole process or machine was stopped, not only the event loop.
  const stoodStill = performance.now() - before > CHECK_MS * 5;
  silentMs = beat === lastBeat && !stoodStill ? silentMs + CHECK_MS : 0;
  lastBeat = beat;
  if (silentMs >= limitMs) {
    try {
      writeSync(STDERR, `watchdog: the event loop did not turn for ${limitMs} ms, ending the process\n`);
    } catch {
      // The reader of this output is gone. The process must end anyway.
    }
    process.kill(process.pid, "SIGKILL");
  }
}
