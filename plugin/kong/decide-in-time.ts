import { describeError } from "../observe/describe-error.ts";
import { denyOwn } from "./contract/deny-own.ts";
import type { Pdk } from "./contract/pdk.ts";
import type { PluginInstance } from "./handler.ts";

export interface DecisionLimits {
  /** Time limit for one decision in milliseconds. After this time the request is refused, even if the handler decides later. */
  readonly deadlineMs: number;
  readonly log: (line: string) => void;
}

/**
 * Asks an instance for its decision. If the handler fails or is late, the request is refused.
 *
 * @param conclude receives the outcome, once.
 * @returns a function that stops the wait. After its call, `conclude` receives nothing.
 */
export function decideInTime(
  instance: PluginInstance,
  pdk: Pdk,
  { deadlineMs, log }: DecisionLimits,
  conclude: (outcome: unknown) => void,
): () => void {
  let isOver = false;
  const stopWaiting = (): void => {
    isOver = true;
    clearTimeout(deadline);
  };
  const settle = (outcome: unknown): void => {
    if (!isOver) {
      stopWaiting();
      conclude(outcome);
    }
  };
  const fail = (error: unknown): void => {
    log(`event failed: ${describeError(error)}`);
    settle(denyOwn("internal_error", "see the plugin server's log"));
  };
  const deadline = setTimeout(() => settle(denyOwn("deadline_exceeded", `${deadlineMs} ms`)), deadlineMs);
  try {
    instance.access(pdk).then(settle, fail);
  } catch (error) {
    fail(error);
  }
  return stopWaiting;
}
