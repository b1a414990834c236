import {
  type Answer,
  createAllow,
  type Decision,
  type Deny,
  type HeaderChanges,
  isAllow,
} from "../../core/model/decision.ts";
import { formatDenial, logLevelOf } from "../../observe/decision-log.ts";
import type { GuardMark, InstanceIdentity } from "../contract/guard-mark.ts";
import { createExit } from "./create-exit.ts";
import { createMetadataExit } from "./create-metadata-exit.ts";

/** The request header that carries a verdict to the guard, which removes it. The guard's handler.lua uses the same name. */
const VERDICT_HEADER = "x-jwt-policy-verdict";

/**
 * Adds the verdict to an Allow; every other decision stays unchanged. The verdict names the instance that judged, not the one
 * that Kong called. The guard lets the request pass only if they are the same.
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
export function renderEnding({ nonce }: GuardMark, decision: Deny | Answer): HeaderChanges {
  const ending =
    decision.verdict === "answer"
      ? createMetadataExit(decision.metadataRequest)
      : { level: logLevelOf(decision), line: formatDenial(decision), ...createExit(decision) };
  return { [VERDICT_HEADER]: `answered ${Buffer.from(JSON.stringify(ending)).toString("base64")} ${nonce}` };
}

/** Tells the guard that Kong asked the wrong instance, which did not judge the request. */
export function renderOtherInstance({ nonce }: GuardMark): HeaderChanges {
  return { [VERDICT_HEADER]: `other-instance ${nonce}` };
}
