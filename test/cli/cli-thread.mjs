// Runs the built command many times in one thread; see run-cli.ts. Plain JavaScript, because Node 20 runs no TypeScript
// in a thread.
import { workerData } from "node:worker_threads";

const { main, port, done } = workerData;
let runs = 0;

port.on("message", async ({ args, environment }) => {
  const written = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    process[name].write = (text) => {
      written[name] += text;
      return true;
    };
  }
  process.argv = [process.execPath, main, ...args];
  process.env = environment;
  process.exitCode = 0;
  runs += 1;
  await import(`${main}?run=${runs}`); // For each command, only the main module runs again.
  port.postMessage({ status: process.exitCode, ...written });
  Atomics.store(done, 0, runs);
  Atomics.notify(done, 0);
});
