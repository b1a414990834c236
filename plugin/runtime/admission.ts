import { FairQueue } from "../keys/fair-queue.ts";

/** What is judged at once in one turn of the event loop, in milliseconds; the rest waits for its turn. */
const UNQUEUED_MS = 2;
/** How long decisions may keep the event loop from reading, in milliseconds. */
const SLICE_MS = 4;
/** Most decisions that one turn of the event loop may make out of the queue. */
const MAX_STEPS = 64;

const isNeverAbandoned = (): boolean => false;

interface Waiting {
  readonly isAbandoned: () => boolean;
  readonly resolve: (isAdmitted: boolean) => void;
}

export interface AdmissionOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Calls back behind everything that the event loop has ready to read. */
  readonly defer: (step: () => void) => void;
}

/**
 * Decides which requests are judged when more come than can be judged. On a gateway with time to spare each passes at once. Else
 * they wait in a {@link FairQueue}, and those that waited for too long are rejected before anything expensive.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #queue = new FairQueue<Waiting>({ standingMs: 250, longMs: 250, shortMs: 10, capacity: 2_048 });
  #turnStartMs: number | undefined;
  #sliceStartMs = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * @param client the client's address; those of whom none is known count as one client.
   * @param isAbandoned whether Kong no longer waits for the decision.
   * @returns whether the request is to be judged; false for one that is rejected, and for one that was abandoned while it waited.
   */
  admit(client = "", isAbandoned: () => boolean = isNeverAbandoned): boolean | Promise<boolean> {
    const nowMs = this.#options.now();
    if (this.#turnStartMs === undefined) {
      this.#turnStartMs = nowMs;
      this.#options.defer(() => this.#endTurn());
    }
    if (this.#queue.size === 0 && nowMs - this.#turnStartMs < UNQUEUED_MS) {
      return true;
    }
    return new Promise((resolve) => {
      this.#queue.add({ isAbandoned, resolve }, client, nowMs)?.resolve(false);
    });
  }

  #endTurn(): void {
    const { now, defer } = this.#options;
    this.#turnStartMs = undefined;
    const nowMs = now();
    for (let late = this.#queue.takeExpired(nowMs); late; late = this.#queue.takeExpired(nowMs)) {
      late.resolve(false);
    }
    const steps = Math.min(this.#queue.size, MAX_STEPS);
    if (steps === 0) {
      return;
    }
    // A decision runs when its promise is resolved and the step is over, so that each needs a step of its own.
    this.#turnStartMs = nowMs;
    defer(() => {
      this.#sliceStartMs = now();
      this.#admitNext();
    });
    for (let step = 1; step < steps; step += 1) {
      defer(() => this.#admitNext());
    }
    defer(() => this.#endTurn());
  }

  #admitNext(): void {
    const nowMs = this.#options.now();
    if (nowMs - this.#sliceStartMs > SLICE_MS) {
      return;
    }
    for (let next = this.#queue.take(nowMs); next; next = this.#queue.take(nowMs)) {
      const isWanted = !next.isAbandoned();
      next.resolve(isWanted);
      if (isWanted) {
        return;
      }
    }
  }
}
