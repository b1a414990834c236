import { copyText } from "../bounded/copy-text.ts";
import { FairQueue, type Patience } from "../keys/verify/fair-queue.ts";

/**
 * In each turn of the event loop, the plugin judges requests immediately for this many milliseconds. Requests that come
 * after this time in the same turn wait.
 */
const UNQUEUED_MS = 2;
/**
 * The shortest and the longest time for queued decisions in one turn, in milliseconds. Within these limits, decisions
 * get as much time as the event loop needed to read the requests. While the plugin makes these decisions, the event
 * loop reads no requests.
 */
const MIN_SLICE_MS = 4;
const MAX_SLICE_MS = 50;
/** Maximum number of queued decisions in one turn of the event loop. */
const MAX_STEPS = 512;

const isNeverAbandoned = (): boolean => false;

/**
 * Copies the data that {@link Admission.noteGood} needs, so that the process does not keep the whole request in memory.
 */
export function copyCredentials({ credentials }: Asker): Asker {
  return credentials === undefined ? {} : { credentials: copyText(tailOf(credentials)) };
}

interface Waiting {
  readonly isAbandoned: () => boolean;
  readonly resolve: (isAdmitted: boolean) => void;
}

/** The facts about the caller of a request that the plugin knows before it judges the request. */
export interface Asker {
  /** The client's address. All clients without a known address count as one client. */
  readonly client?: string | undefined;
  /** The `Authorization` header. */
  readonly credentials?: string | undefined;
}

/**
 * If the process is paused for a short time, many requests arrive at once after the pause. With these limits, such a
 * burst of 1,500 requests passes, even if other processes use most of the processor.
 */
const PATIENCE: Patience = { promptMs: 50, standingMs: 1_000, longMs: 1_000, shortMs: 10, capacity: 2_048 };
/**
 * Requests with known credentials come first. So their wait is only slightly longer than the time in which the event
 * loop reads all requests.
 */
const PATIENCE_OF_KNOWN: Patience = { ...PATIENCE, shortMs: 250 };
/** How many credentials each of the two sets remembers. */
const MAX_CREDENTIALS = 4_096;
/**
 * How many characters at the end of a token identify it. A token ends with its signature. The last 256 bits of the
 * signature are enough to recognise a token, because no client can guess these bits.
 */
const TAIL_LENGTH = 43;
/**
 * If requests with known credentials and other requests wait, those with known credentials get this many times as much
 * processing time as the others.
 */
const SHARE_OF_KNOWN = 3;
/** One of the two queues may get at most this many milliseconds of processing time beyond its share. */
const MAX_LEAD_MS = 10;

export interface AdmissionOptions {
  /** Returns the time in milliseconds, from a clock that never goes back. */
  readonly now: () => number;
  /** Calls `step` after the event loop has read everything that is ready. */
  readonly defer: (step: () => void) => void;
}

/**
 * Chooses the requests that the plugin judges when more requests come than it can judge. If the gateway is not fully
 * loaded, each request is judged immediately. On a busy gateway, requests wait in a {@link FairQueue}. If a request
 * waits too long, it is rejected before any expensive work. Requests with credentials that were accepted recently wait
 * in a separate queue. Forged tokens are never in the queue for known credentials, whatever addresses they come from.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #known = new FairQueue<Waiting>(PATIENCE_OF_KNOWN);
  readonly #others = new FairQueue<Waiting>(PATIENCE);
  /** Credentials of allowed requests. When the newer set is full, the older set is dropped. */
  #good = new Set<string>();
  #goodBefore = new Set<string>();
  #turnStartMs: number | undefined;
  /** When the decisions of this turn must end. */
  #sliceEndMs = 0;
  /**
   * The request that was released last in this turn of the event loop, and the time of the release. With this time, the
   * class measures how long the decision took.
   */
  #last: { readonly queue: FairQueue<Waiting>; readonly atMs: number } | undefined;
  /** The value is above 0 if requests without known credentials have had more than their share of the time. */
  #leadOfOthersMs = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * @param isAbandoned whether Kong no longer waits for the decision.
   * @returns whether the plugin should judge the request. The result is false if the request is rejected. The result is
   * also false if the client gave up while the request waited.
   */
  admit(asker: Asker, isAbandoned: () => boolean = isNeverAbandoned): boolean | Promise<boolean> {
    const nowMs = this.#options.now();
    if (this.#turnStartMs === undefined) {
      this.#turnStartMs = nowMs;
      this.#options.defer(() => this.#endTurn());
    }
    if (this.#isEmpty() && nowMs - this.#turnStartMs < UNQUEUED_MS) {
      return true;
    }
    const queue = this.#isKnown(asker.credentials) ? this.#known : this.#others;
    return new Promise((resolve) => {
      queue.add({ isAbandoned, resolve }, asker.client ?? "", nowMs)?.resolve(false);
    });
  }

  /** Stores the credentials of a request whose token has a valid signature and valid claims. */
  noteGood({ credentials }: Asker): void {
    if (credentials === undefined || credentials.length < TAIL_LENGTH || this.#good.has(tailOf(credentials))) {
      return;
    }
    if (this.#good.size >= MAX_CREDENTIALS) {
      this.#goodBefore = this.#good;
      this.#good = new Set();
    }
    this.#good.add(copyText(tailOf(credentials)));
  }

  #isKnown(credentials: string | undefined): boolean {
    const tail = credentials && tailOf(credentials);
    return tail !== undefined && (this.#good.has(tail) || this.#goodBefore.has(tail));
  }

  #isEmpty(): boolean {
    return this.#known.size === 0 && this.#others.size === 0;
  }

  #endTurn(): void {
    const { now, defer } = this.#options;
    this.#turnStartMs = undefined;
    const nowMs = now();
    for (const queue of [this.#known, this.#others]) {
      for (let late = queue.takeExpired(nowMs); late; late = queue.takeExpired(nowMs)) {
        late.resolve(false);
      }
    }
    const steps = Math.min(this.#known.size + this.#others.size, MAX_STEPS);
    if (steps === 0) {
      return;
    }
    // Each step resolves one promise, and the decision that waits for this promise runs only after the step. So the
    // class takes one step for each decision.
    this.#turnStartMs = nowMs;
    defer(() => {
      const startMs = now();
      this.#sliceEndMs = startMs + Math.max(MIN_SLICE_MS, Math.min(MAX_SLICE_MS, startMs - nowMs));
      this.#last = undefined;
      this.#admitNext();
    });
    for (let step = 1; step < steps; step += 1) {
      defer(() => this.#admitNext());
    }
    defer(() => this.#endTurn());
  }

  #admitNext(): void {
    const nowMs = this.#options.now();
    this.#charge(nowMs);
    if (nowMs > this.#sliceEndMs) {
      return;
    }
    for (let queue = this.#chooseQueue(); queue.size > 0; queue = this.#chooseQueue()) {
      const next = queue.take(nowMs);
      const isWanted = next?.isAbandoned() === false;
      next?.resolve(isWanted);
      if (isWanted) {
        this.#last = { queue, atMs: nowMs };
        return;
      }
    }
  }

  #chooseQueue(): FairQueue<Waiting> {
    const [first, second] = this.#leadOfOthersMs > 0 ? [this.#known, this.#others] : [this.#others, this.#known];
    return first.size > 0 ? first : second;
  }

  #charge(nowMs: number): void {
    if (!this.#last) {
      return;
    }
    const { queue, atMs } = this.#last;
    this.#last = undefined;
    const lead = this.#leadOfOthersMs + (nowMs - atMs) * (queue === this.#others ? SHARE_OF_KNOWN : -1);
    this.#leadOfOthersMs = Math.max(-MAX_LEAD_MS, Math.min(MAX_LEAD_MS, lead));
  }
}

function tailOf(credentials: string): string {
  return credentials.slice(-TAIL_LENGTH);
}
