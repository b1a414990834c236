import type { Answer, Decision } from "../core/model/decision.ts";
import type { WatchedEvent } from "../observe/abuse/abuse-watch.ts";
import { describeError } from "../observe/describe-error.ts";
import { readOutcome } from "./calls/list-calls.ts";
import { denyOwn } from "./contract/deny-own.ts";
import type { GuardMark } from "./contract/guard-mark.ts";
import type { Pdk } from "./contract/pdk.ts";
import { EventRecord } from "./facts/event-record.ts";
import type { PluginInstance } from "./handler.ts";

export interface DecisionLimits {
  /**
   * Time limit for one decision in milliseconds. After the time limit the plugin refuses the request, even if the handler
   * decides later.
   */
  readonly deadlineMs: number;
  readonly log: (line: string) => void;
  /**
   * Called once for each event, after the plugin has carried out the event's decision. The function counts and logs the
   * event. The function must not throw.
   */
  readonly observe?: ObserveEvent | undefined;
}

/** @param tookMs the time from Kong's call to the decision. */
type ObserveEvent = (outcome: Decision | Answer, event: WatchedEvent, tookMs: number) => void;

/**
 * Asks a plugin instance for its decision about a request. If the handler throws or does not decide in time, the request is
 * refused.
 *
 * @param conclude called once. The arguments are the outcome, and the mark of the guard that waits for the outcome.
 * @returns a function that stops the wait. After the caller has called this function, `conclude` is no longer called.
 */
export function decideInTime(
  instance: PluginInstance,
  pdk: Pdk,
  { deadlineMs, log, observe }: DecisionLimits,
  conclude: (outcome: unknown, guard: GuardMark | undefined) => void,
): () => void {
  let isOver = false;
  const event = new EventRecord();
  const startMs = observe ? performance.now() : 0;
  const stopWaiting = (): void => {
    isOver = true;
    clearTimeout(deadline);
  };
  const settle = (outcome: unknown): void => {
    if (!isOver) {
      stopWaiting();
      const tookMs = observe ? performance.now() - startMs : 0;
      conclude(outcome, event.guard);
      observe?.(readOutcome(outcome), event, tookMs);
    }
  };
  const fail = (error: unknown): void => {
    log(`event failed: ${describeError(error)}`);
    const kind = error instanceof Error ? error.name : typeof error;
    settle(denyOwn("internal_error", `the event failed with ${kind}: see the plugin server's log`));
  };
  const deadline = setTimeout(
    () => settle(denyOwn("deadline_exceeded", `the decision took longer than ${deadlineMs} ms`)),
    deadlineMs,
  );
  try {
    instance.access(pdk, event).then(settle, fail);
  } catch (error) {
    fail(error);
  }
  return stopWaiting;
}
