import { availableParallelism } from "node:os";
import type { SignatureCheck } from "../core/key.ts";
import { FairQueue } from "./fair-queue.ts";

/** Node's thread pool has four threads, and looks names up and reads files on them too. */
const POOL_THREADS = 4;

export interface SlowChecksOptions {
  /** How many checks may run at a time. */
  readonly slots: number;
  readonly now: () => number;
  /** Calls back after so many milliseconds. */
  readonly wait: (callback: () => void, ms: number) => void;
}

interface Check {
  readonly run: (done: (holds: boolean) => void) => void;
  readonly resolve: (check: SignatureCheck) => void;
}

/** A signature that fails is paid for with a pause of this many times its own duration, before the slot takes the next check. */
const PAUSE_PER_FAILURE = 1;

/**
 * Gives signature checks of slow algorithms their turn on the thread pool. Few run at a time, so that threads of the pool do not take
 * the processors from the event loop and from Kong, and none waits in the pool itself. A flood of forged signatures gets half of
 * what the slots can do: each failure is followed by a pause.
 */
export class SlowChecks {
  readonly #options: SlowChecksOptions;
  readonly #queue = new FairQueue<Check>({ standingMs: 500, longMs: 1_000, shortMs: 50, capacity: 256 });
  #free: number;

  constructor(options: SlowChecksOptions) {
    this.#options = options;
    this.#free = options.slots;
  }

  /**
   * @param run starts the check, and calls back when it has come to an end.
   * @returns whether the signature holds; undefined when it is not judged because too many wait.
   */
  check(client: string, run: Check["run"]): Promise<SignatureCheck> {
    return new Promise((resolve) => {
      const rejected = this.#queue.add({ run, resolve }, client, this.#options.now());
      rejected?.resolve(undefined);
      this.#startNext();
    });
  }

  #startNext(): void {
    const { now, wait } = this.#options;
    const startMs = now();
    for (let late = this.#queue.takeExpired(startMs); late; late = this.#queue.takeExpired(startMs)) {
      late.resolve(undefined);
    }
    const next = this.#free > 0 ? this.#queue.take(startMs) : undefined;
    if (!next) {
      return;
    }
    this.#free -= 1;
    const release = (): void => {
      this.#free += 1;
      this.#startNext();
    };
    next.run((holds) => {
      next.resolve(holds);
      if (holds) {
        release();
      } else {
        wait(release, (now() - startMs) * PAUSE_PER_FAILURE);
      }
    });
  }
}

/** The thread pool belongs to the process, and so does this. One processor is left to the event loop. */
export const slowChecks = new SlowChecks({
  slots: Math.max(1, Math.min(POOL_THREADS - 1, availableParallelism() - 1)),
  now: () => performance.now(),
  wait: (callback, ms) => void setTimeout(callback, ms),
});
