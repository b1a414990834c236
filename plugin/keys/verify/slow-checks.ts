import { availableParallelism } from "node:os";
import { CHECK_OVERLOADED, SIGNATURE_INVALID, type SignatureCheck } from "../../core/model/key.ts";
import { PASSED } from "../../core/model/result.ts";
import { FairQueue } from "./fair-queue.ts";

/** By default, Node's thread pool has four threads. DNS look-ups and file reads use the same threads. */
const POOL_THREADS = 4;

export interface SlowChecksOptions {
  /** The number of signature checks that may run at the same time. */
  readonly slots: number;
  readonly now: () => number;
  /** Calls back after `ms` milliseconds. */
  readonly wait: (callback: () => void, ms: number) => void;
}

interface Check {
  readonly run: (done: (holds: boolean) => void) => void;
  readonly resolve: (check: SignatureCheck) => void;
}

/**
 * After an invalid signature, the slot that found it pauses before its next check. The pause is the duration of the
 * failed check, multiplied by this factor.
 */
const PAUSE_PER_FAILURE = 1;

/**
 * Schedules signature checks of slow algorithms on the thread pool. Only a few checks run at the same time, because the
 * event loop and Kong also need processors. A check waits in this scheduler, and never in the pool itself. After each
 * failed check, the slot pauses. So even a flood of forged signatures uses at most half of the slots' time.
 */
export class SlowChecks {
  readonly #options: SlowChecksOptions;
  readonly #queue = new FairQueue<Check>({ promptMs: 50, standingMs: 500, longMs: 1_000, shortMs: 50, capacity: 256 });
  #free: number;

  constructor(options: SlowChecksOptions) {
    this.#options = options;
    this.#free = options.slots;
  }

  /**
   * @param run starts the check, and calls back when it has ended.
   */
  check(client: string, run: Check["run"]): Promise<SignatureCheck> {
    return new Promise((resolve) => {
      const rejected = this.#queue.add({ run, resolve }, client, this.#options.now());
      rejected?.resolve(CHECK_OVERLOADED);
      this.#startNext();
    });
  }

  #startNext(): void {
    const { now, wait } = this.#options;
    const startMs = now();
    for (let late = this.#queue.takeExpired(startMs); late; late = this.#queue.takeExpired(startMs)) {
      late.resolve(CHECK_OVERLOADED);
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
      next.resolve(holds ? PASSED : SIGNATURE_INVALID);
      if (holds) {
        release();
      } else {
        wait(release, (now() - startMs) * PAUSE_PER_FAILURE);
      }
    });
  }
}

/** Returns how many slow checks may run at the same time. One processor stays free for the event loop. */
export function countSlots(processors: number): number {
  return Math.max(1, Math.min(POOL_THREADS - 1, processors - 1));
}

/** The scheduler of the whole process. The process has only one scheduler, because it has only one thread pool. */
export const slowChecks = new SlowChecks({
  slots: countSlots(availableParallelism()),
  now: () => performance.now(),
  wait: (callback, ms) => void setTimeout(callback, ms),
});
