/** Requests that lines of a log stand for. */
export interface Counted {
  readonly requests: number;
  /** Whether the log has only a part of such requests, so that their number is an estimate. */
  readonly isEstimate: boolean;
}

export const NONE: Counted = { requests: 0, isEstimate: false };
export const ONE: Counted = { requests: 1, isEstimate: false };

/** @param sampled the part of such requests that is logged; undefined if all of them are. */
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
