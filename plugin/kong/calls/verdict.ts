import { createAllow, type Decision, type HeaderChanges, isAllow } from "../../core/model/decision.ts";
import type { GuardMark, InstanceIdentity } from "../contract/guard-mark.ts";
import type { Ending } from "./create-ending.ts";

/** The request header that carries a verdict to the guard, which removes it. The guard's handler.lua uses the same name. */
const VERDICT_HEADER = "x-jwt-policy-verdict";

/**
 * Adds the verdict to an Allow; every other decision stays unchanged. The verdict names the instance that judged the request,
 * which may differ from the instance that Kong called. The guard lets the request pass only if they are the same.
 */
export function addVerdict(decision: Decision, { nonce }: GuardMark, judge: InstanceIdentity): Decision {
  if (!isAllow(decision)) {
    return decision;
  }
  const verdict = `${judge.pluginId} ${judge.sequence} ${nonce}`;
  return createAllow(
    { ...decision, headers: { ...decision.headers, [VERDICT_HEADER]: verdict } },
    decision.evidence,
    decision.reported,
  );
}

/** Asks the guard to answer the request. One header carries the answer and, for a refusal, the log line. */
export function renderEnding({ nonce }: GuardMark, { log, exit }: Ending): HeaderChanges {
  const text = JSON.stringify({ ...log, ...exit });
  return { [VERDICT_HEADER]: `answered ${Buffer.from(text).toString("base64")} ${nonce}` };
}

/** Tells the guard that Kong asked the wrong instance, which did not judge the request. */
export function renderOtherInstance({ nonce }: GuardMark): HeaderChanges {
  return { [VERDICT_HEADER]: `other-instance ${nonce}` };
}
