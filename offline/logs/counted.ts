/** The number of requests that lines of a log represent. */
export interface Counted {
  readonly requests: number;
  /** Whether the number is an estimate, because the log contains only a sample of the requests. */
  readonly isEstimate: boolean;
}

export const NONE: Counted = { requests: 0, isEstimate: false };
export const ONE: Counted = { requests: 1, isEstimate: false };

/**
 * @param sampled the share of requests that the log contains, from 0 to 1; undefined if the log contains all requests.
 */
export function countSampled(sampled: number | undefined): Counted {
  return sampled === undefined || sampled === 1 ? ONE : { requests: 1 / sampled, isEstimate: true };
}

export function exactly(requests: number): Counted {
  return { requests, isEstimate: false };
}

export function sumOf(all: readonly Counted[]): Counted {
  return all.reduce(
    (sum, one) => ({
      requests: sum.requests + one.requests,
      isEstimate: sum.isEstimate || one.isEstimate,
    }),
    NONE,
  );
}
