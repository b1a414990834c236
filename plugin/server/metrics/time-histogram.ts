/** One value of a histogram, in the format of prom-client's JSON. */
interface HistogramValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram in the format in which prom-client's registry reads metrics. */
export interface HistogramJson {
  readonly name: string;
  readonly help: string;
  readonly type: "histogram";
  readonly aggregator: "sum";
  readonly values: readonly HistogramValue[];
}

/**
 * A histogram of times. Each observation costs one comparison for each bound, and one addition. The histogram of
 * prom-client costs about ten times as much, because it looks up labels for each observation.
 */
export class TimeHistogram {
  readonly name: string;
  readonly help: string;
  readonly #bounds: readonly number[];
  /**
   * How many observed times are in each bucket. A bucket does not include the buckets before it. The last bucket counts
   * the times that are longer than all bounds.
   */
  readonly #counts: number[];
  #sum = 0;

  /** @param bounds the bounds of the buckets in seconds, ascending. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
    this.#counts = [...bounds, Number.POSITIVE_INFINITY].map(() => 0);
  }

  /** @param tookMs the observed time in milliseconds. */
  observe(tookMs: number): void {
    const seconds = tookMs / 1_000;
    let bucket = 0;
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] as number)) {
      bucket += 1;
    }
    (this.#counts[bucket] as number) += 1;
    this.#sum += seconds;
  }

  get(): HistogramJson {
    const { name, help } = this;
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      return { metricName: `${name}_bucket`, labels: { le: this.#bounds[index] ?? "+Inf" }, value: total };
    });
    return {
      ...{ name, help, type: "histogram", aggregator: "sum" },
      values: [
        ...buckets,
        { metricName: `${name}_sum`, labels: {}, value: this.#sum },
        { metricName: `${name}_count`, labels: {}, value: total },
      ],
    };
  }
}
