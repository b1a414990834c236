import { parentPort, workerData } from "node:worker_threads";
import { takeFiles } from "./run-in-threads.ts";

// A thread of run-in-threads.ts.

parentPort?.postMessage(await takeFiles(workerData));
