import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { STDIN } from "../files/list-files.ts";
import { type FileRun, type RunOptions, testFile } from "./run-file.ts";

/** A thread must load the modules again, which takes as long as the tests in files of about this many bytes. */
const BYTES_WORTH_A_THREAD = 128 * 1024;
const MAX_THREADS = 8;

/** The data that a thread needs for its share of the files. */
export interface FilesTask {
  readonly files: readonly string[];
  readonly options: RunOptions;
  /** The number of files that threads have already taken, which all threads share. */
  readonly taken: Int32Array<SharedArrayBuffer>;
}

/** The results, by the position of the file in the list. */
export type ResultsByPlace = ReadonlyMap<number, FileRun>;

/**
 * Runs test files. Many tests are divided among the processors: each thread takes the next file until no file is left.
 *
 * @returns results in the order of the files.
 */
export async function testAll(files: readonly string[], options: RunOptions): Promise<readonly FileRun[]> {
  const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const task: FilesTask = { files, options, taken };
  const others = Array.from({ length: await countHelpers(files, options) }, () => runThread(task));
  const results = await Promise.all([takeFiles(task), ...others]);
  const byPlace = new Map(results.flatMap((some) => [...some]));
  return files.map((file, place) => {
    const run = byPlace.get(place);
    if (run === undefined) {
      throw new Error(`${file} was not tested, because a thread ended early`);
    }
    return run;
  });
}

/** Takes files and tests them, until no file is left. */
export async function takeFiles({ files, options, taken }: FilesTask): Promise<ResultsByPlace> {
  const results = new Map<number, FileRun>();
  const policies = new Map();
  for (let place = Atomics.add(taken, 0, 1); place < files.length; place = Atomics.add(taken, 0, 1)) {
    const file = files[place];
    if (file !== undefined) {
      results.set(place, await testFile(file, options, policies));
    }
  }
  return results;
}

/**
 * The number of threads to start in addition to this thread. Coverage and mutants need all results in this thread, and only this
 * thread has standard input.
 */
async function countHelpers(files: readonly string[], { coverage, mutate }: RunOptions): Promise<number> {
  if (coverage || mutate || files.length < 2 || files.includes(STDIN)) {
    return 0;
  }
  const sizes = await Promise.all(files.map(async (file) => (await stat(file).catch(() => undefined))?.size ?? 0));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  const threads = Math.min(MAX_THREADS, availableParallelism(), files.length, Math.floor(bytes / BYTES_WORTH_A_THREAD));
  return Math.max(threads - 1, 0);
}

function runThread(workerData: FilesTask): Promise<ResultsByPlace> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./files-thread.js", import.meta.url), { workerData });
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", (code) => reject(new Error(`a thread that ran tests ended with code ${code}`)));
  });
}
