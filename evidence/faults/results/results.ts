import type { Assessment } from "./assess.ts";

/** The result of one fault, in the form in which tests pass it to the reporter. */
export interface FaultOutcome {
  readonly gateway: string;
  readonly kong: string | undefined;
  readonly workers: number;
  readonly readTimeoutSeconds: number;
  /** The number of times that a repeated fault happened. */
  readonly rounds: number;
  readonly fault: string;
  readonly assessment: Assessment;
}

/** Figures of one fault, in the form of the full results. */
export interface FaultFigures {
  readonly fault: string;
  readonly result: string;
  readonly requests: number;
  readonly leaked: number;
  readonly judgedByAnother: number;
  readonly valid: number;
  /** Counts the valid requests that were not served. A key is the status and the message of the answer: `503 down`. */
  readonly refusedValid: Readonly<Record<string, number>>;
  /** The member is absent if the gateway never recovered. */
  readonly recoveryMs?: number;
  readonly longestHoldMs: number;
}

/** A gateway with one kind of plugin server. */
export interface FaultResults {
  readonly gateway: string;
  readonly kong?: string;
  readonly readTimeoutSeconds: number;
  /** The number of times that a repeated fault happened. */
  readonly rounds: number;
  /** One result for each number of workers. */
  readonly runs: readonly { readonly workers: number; readonly faults: readonly FaultFigures[] }[];
}

/** @returns undefined if there are no outcomes. */
export function collectResults(
  outcomes: readonly (FaultOutcome & { readonly result: string })[],
): FaultResults | undefined {
  const [first] = outcomes;
  if (first === undefined) {
    return undefined;
  }
  const { gateway, kong, readTimeoutSeconds, rounds } = first;
  const workers = [...new Set(outcomes.map((outcome) => outcome.workers))];
  return {
    gateway,
    ...(kong === undefined ? {} : { kong }),
    readTimeoutSeconds,
    rounds,
    runs: workers.map((count) => ({
      workers: count,
      faults: outcomes.filter((outcome) => outcome.workers === count).map(toFigures),
    })),
  };
}

function toFigures({ fault, result, assessment }: FaultOutcome & { readonly result: string }): FaultFigures {
  const { recoveryMs, leaked, judgedByAnother, ...rest } = assessment;
  return {
    fault,
    result,
    ...rest,
    leaked: leaked.length,
    judgedByAnother: judgedByAnother.length,
    ...(recoveryMs === undefined ? {} : { recoveryMs }),
  };
}
