import type { Sent } from "../gateway/open-load.ts";

/** How often each answer came that is not 200, by status and words. */
type Refusals = Readonly<Record<string, number>>;

/** The results of many requests. */
export interface Tally {
  readonly requests: number;
  readonly refused: Refusals;
}

/** Counts answers as they arrive. */
export interface Counter {
  note(sent: Sent<string>): void;
  tally(): Tally;
}

export function createCounter(): Counter {
  const refused: Record<string, number> = {};
  let requests = 0;
  return {
    note({ answer }) {
      requests += 1;
      if (answer !== "200") {
        refused[answer] = (refused[answer] ?? 0) + 1;
      }
    },
    tally: () => ({ requests, refused: { ...refused } }),
  };
}

export const countRefused = ({ refused }: Tally): number => Object.values(refused).reduce((sum, one) => sum + one, 0);

/** The shortest time between two successive times of the list; undefined for fewer than two times. */
export function shortestGap(times: readonly number[]): number | undefined {
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  return gaps.length === 0 ? undefined : Math.min(...gaps);
}
