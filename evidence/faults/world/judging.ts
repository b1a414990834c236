import type { Sent } from "./load.ts";
import { type Judge, usualJudge } from "./world.ts";

/** Which policy is in effect for a route at each time of one fault. */
export interface Judging {
  judgesOf(sent: Sent): readonly Judge[];
  /**
   * A new policy takes effect. The new policy may judge requests from the start of `apply` on. From `settleMs` after the end of
   * `apply`, no other policy may judge requests.
   */
  change(judgeOf: (route: number) => Judge, apply: () => Promise<void>, settleMs: number): Promise<void>;
}

interface Phase {
  readonly judgeOf: (route: number) => Judge;
  readonly fromMs: number;
  untilMs: number;
}

export function createJudging(): Judging {
  const phases: Phase[] = [{ judgeOf: usualJudge, fromMs: 0, untilMs: Number.POSITIVE_INFINITY }];
  return {
    judgesOf: ({ route, startMs, endMs }) => [
      ...new Set(
        phases
          .filter(({ fromMs, untilMs }) => fromMs <= endMs && startMs <= untilMs)
          .map(({ judgeOf }) => judgeOf(route)),
      ),
    ],
    async change(judgeOf, apply, settleMs) {
      const former = phases.at(-1);
      phases.push({ judgeOf, fromMs: performance.now(), untilMs: Number.POSITIVE_INFINITY });
      await apply();
      if (former) {
        former.untilMs = performance.now() + settleMs;
      }
    },
  };
}
