/** Runs in a thread of its own: see watchdog.ts. */
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
  // A wait that took much longer means that the whole process or machine stood still, and not the event loop.
  const stoodStill = performance.now() - before > CHECK_MS * 5;
  silentMs = beat === lastBeat && !stoodStill ? silentMs + CHECK_MS : 0;
  lastBeat = beat;
  if (silentMs >= limitMs) {
    try {
      writeSync(STDERR, `watchdog: the event loop did not turn for ${limitMs} ms, ending the process\n`);
    } catch {
      // Nobody reads any more; the process must end all the same.
    }
    process.kill(process.pid, "SIGKILL");
  }
}
