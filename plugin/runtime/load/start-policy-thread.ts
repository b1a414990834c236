import { Worker } from "node:worker_threads";

/**
 * In the server that is bundled into one file, tools/bundle.mjs replaces this value with the text of a smaller module.
 * So the threads load only what they need.
 */
const ENTRY: URL | string = new URL("./policy-thread.js", import.meta.url);
/** To compile the largest accepted document, a thread needs about 100 MB. */
const MAX_HEAP_MB = 256;
/**
 * Compiling a policy leaves much garbage. With V8's default for this setting, each thread would use about 30 MB more
 * memory, and would be only a tenth faster.
 */
const MAX_NEW_SPACE_MB = 6;

/** The thread that was started in advance, until a caller of {@link startPolicyThread} gets it. */
let first: { readonly entry: URL | string; readonly worker: Worker } | undefined;

/**
 * Starts a thread that compiles policies. The thread's first message must be a {@link CompilingThread}.
 *
 * @param entry the module that the thread runs, as a file name or as the text of a script.
 */
export function startPolicyThread(entry = ENTRY, maxHeapMb = MAX_HEAP_MB): Worker {
  if (first?.entry === entry) {
    const { worker } = first;
    first = undefined;
    return worker;
  }
  const resourceLimits = { maxOldGenerationSizeMb: maxHeapMb, maxYoungGenerationSizeMb: MAX_NEW_SPACE_MB };
  const worker = new Worker(entry, { eval: typeof entry === "string", resourceLimits });
  worker.unref();
  return worker;
}

/**
 * Starts a thread in advance, while the main thread still loads other modules of the plugin server. The next call of
 * {@link startPolicyThread} returns this thread.
 */
export function startFirstPolicyThread(entry = ENTRY): void {
  try {
    first = { entry, worker: startPolicyThread(entry) };
  } catch {
    return; // `startPolicyThread` then tries again. If this second start also fails, the caller reports the failure.
  }
  const forget = (): void => {
    first = undefined;
  };
  first.worker.on("error", forget).on("exit", forget);
}
