import { Admission } from "../../plugin/runtime/admission.ts";

/** The cost of requests for the event loop, in milliseconds. */
export interface Load {
  /** The time to read a request and to reject it. */
  readonly readMs: number;
  readonly goodMs: number;
  readonly floodMs: number;
  readonly goodPerSecond: number;
  /** Connections. Each sends the next request when it has the answer to the last request. */
  readonly floodConnections: number;
  /** The time between an answer and the next request of a flood. */
  readonly pauseMs: number;
  readonly floodAddress: string;
}

export interface Outcome {
  /** The median time of good requests that were served. */
  readonly medianMs: number;
  readonly servedShare: number;
  readonly floodPerSecond: number;
}

const GOOD = `Bearer ${"good".repeat(12)}`;

interface Arrival {
  readonly isGood: boolean;
  readonly dueMs: number;
}

/**
 * A model of a plugin server's event loop. In each turn, it reads waiting requests and judges admitted requests. The
 * model has its own clock.
 */
export async function simulate(load: Load, seconds: number, isAdmissionUsed = true): Promise<Outcome> {
  let nowMs = 0;
  let deferred: (() => void)[] = [];
  const admission = new Admission({ now: () => nowMs, defer: (step) => void deferred.push(step) });
  const waits: number[] = [];
  let sentGood = 0;
  let answeredFlood = 0;
  const floodReadyAt: number[] = Array.from({ length: load.floodConnections }, () => 0);

  const end = ({ isGood, dueMs }: Arrival, isAdmitted: boolean): void => {
    nowMs += isAdmitted ? (isGood ? load.goodMs : load.floodMs) : 0;
    if (!isGood) {
      answeredFlood += 1;
      floodReadyAt.push(nowMs + load.pauseMs);
    } else if (isAdmitted) {
      admission.noteGood({ credentials: GOOD });
      waits.push(nowMs - dueMs);
    }
  };
  const read = (arrival: Arrival): void => {
    nowMs += load.readMs;
    const asker = arrival.isGood
      ? { client: "good", credentials: GOOD }
      : { client: load.floodAddress, credentials: undefined };
    const answer = isAdmissionUsed ? admission.admit(asker) : true;
    if (answer instanceof Promise) {
      void answer.then((isAdmitted) => end(arrival, isAdmitted));
    } else {
      end(arrival, answer);
    }
  };
  const collect = (): Arrival[] => {
    const arrivals: Arrival[] = [];
    for (; (sentGood / load.goodPerSecond) * 1000 <= nowMs; sentGood += 1) {
      arrivals.push({ isGood: true, dueMs: (sentGood / load.goodPerSecond) * 1000 });
    }
    const ready = floodReadyAt.filter((atMs) => atMs <= nowMs);
    const later = floodReadyAt.filter((atMs) => atMs > nowMs);
    floodReadyAt.splice(0, floodReadyAt.length, ...later);
    arrivals.push(...ready.map((dueMs) => ({ isGood: false, dueMs })));
    return arrivals.sort((a, b) => a.dueMs - b.dueMs);
  };

  while (nowMs < seconds * 1000) {
    const arrivals = collect();
    arrivals.forEach(read);
    const steps = deferred;
    deferred = [];
    for (const step of steps) {
      step();
      await Promise.resolve();
      await Promise.resolve();
    }
    if (arrivals.length === 0 && steps.length === 0) {
      nowMs += 0.1;
    }
  }
  waits.sort((a, b) => a - b);
  return {
    medianMs: waits[waits.length >> 1] ?? Number.POSITIVE_INFINITY,
    servedShare: waits.length / sentGood,
    floodPerSecond: answeredFlood / seconds,
  };
}
