// `node --import` loads this file before the plugin server, only in tests. It causes faults inside the process that no
// signal can cause. A word in the file that FAULT_CONTROL names selects the fault. Without this file, nothing changes.
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";
import { readFault } from "./read-fault.mjs";

if (isMainThread) {
  while (readFault() === "hold") {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (readFault() === "die_at_start") {
    // At this time, the server listens or will listen in a moment.
    setTimeout(() => process.exit(1), 150 * Math.random());
  }
  register("./hooks.mjs", import.meta.url);
}
