import { NamedRecords, noteReport } from "./tables/named-records.ts";

export interface UnknownKeysOptions {
  /** In a spike, at least this many requests within a minute have an unknown key, algorithm or issuer. */
  readonly perMinute: number;
  /**
   * In a spike, the number of requests with an unknown key, algorithm or issuer is at least this many times the usual
   * number.
   */
  readonly factor: number;
  /** For this many milliseconds after a report, the plugin does not report the same spike again. */
  readonly repeatMs: number;
}

/** A spike is a minute in which far more requests than usual name an unknown key, algorithm or issuer. */
export interface UnknownKeySpike {
  readonly requests: number;
  /** The usual number of such requests in a minute. */
  readonly usual: number;
  readonly isRepeat: boolean;
}

interface Series {
  windowStart: number;
  count: number;
  usual: number;
}

const WINDOW_MS = 60_000;
/**
 * The usual number is a moving average, and each new minute has this weight in the average. With this weight, the
 * average follows a change within about half an hour.
 */
const LEARNING = 1 / 30;
/** After this many windows without a request, the usual number is close to 0. */
const FORGOTTEN = 300;
const MAX_SERIES = 1_000;
const BYTES_PER_SERIES = 400;

/**
 * Finds a sudden rise in the number of requests that fail because of an unknown `kid`, algorithm or issuer. The detector counts
 * these requests for each policy and reason.
 */
export class UnknownKeys {
  readonly #options: UnknownKeysOptions;
  readonly #series = new NamedRecords<Series>({
    maxRecords: MAX_SERIES,
    bytesPerRecord: BYTES_PER_SERIES,
    create: (windowStart) => ({ windowStart, count: 0, usual: 0 }),
  });

  constructor(options: UnknownKeysOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#series.bytes;
  }

  /**
   * @param name a name that consists of the policy and the reason. No client can choose this name.
   * @param nowMs time from a clock that never goes back.
   */
  see(name: string, nowMs: number): UnknownKeySpike | undefined {
    const series = this.#series.find(name, nowMs);
    if (series === undefined) {
      return undefined;
    }
    closeWindows(series, nowMs);
    series.count += 1;
    const { perMinute, factor, repeatMs } = this.#options;
    if (series.count < Math.max(perMinute, factor * series.usual)) {
      return undefined;
    }
    const isRepeat = noteReport(series, nowMs, repeatMs);
    return { requests: series.count, usual: Math.round(series.usual), isRepeat };
  }
}

function closeWindows(series: Series, nowMs: number): void {
  const closed = Math.min(FORGOTTEN, Math.floor((nowMs - series.windowStart) / WINDOW_MS));
  for (let window = 0; window < closed; window += 1) {
    series.usual += (series.count - series.usual) * LEARNING;
    series.count = 0;
  }
  if (closed > 0) {
    series.windowStart = closed === FORGOTTEN ? nowMs : series.windowStart + closed * WINDOW_MS;
  }
}
