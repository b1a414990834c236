import { parentPort, workerData } from "node:worker_threads";
import { takeFiles } from "./run-in-threads.ts";

// The code of a thread that run-in-threads.ts starts.

parentPort?.postMessage(await takeFiles(workerData));
