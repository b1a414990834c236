import { type Answer, createAllow, type Decision, type Deny, isAllow } from "../core/decision.ts";
import type { HeaderChanges } from "../core/propagate.ts";
import { formatDenial, logLevelOf } from "../observe/decision-log.ts";
import { createExit } from "./create-exit.ts";
import { createMetadataExit } from "./create-metadata-exit.ts";

/** The request header that carries a verdict to the guard, which removes it. The guard's handler.lua uses the same name. */
const VERDICT_HEADER = "x-jwt-policy-verdict";

/** How Kong identifies an instance: one version of one plugin's configuration. */
export interface InstanceIdentity {
  /** Kong's `__plugin_id` and `__seq__`. */
  readonly pluginId: string;
  readonly sequence: number;
}

/** The guard's expectation for one request. The guard appends it to the facts. */
export interface GuardMark {
  /** Unknown to every client until the request is judged. */
  readonly nonce: string;
  readonly instance: InstanceIdentity;
}

/** Reads `<plugin id> <sequence> <nonce>`. Returns undefined for anything else. */
export function parseGuardMark(text: string): GuardMark | undefined {
  const [, pluginId, sequence, nonce] = /^([0-9a-f-]{36}) ([0-9]{1,15}) ([0-9a-f]{32})$/.exec(text) ?? [];
  return nonce === undefined || pluginId === undefined
    ? undefined
    : { nonce, instance: { pluginId, sequence: Number(sequence) } };
}

/** Whether Kong's call is addressed to this instance. In a respawned stock plugin server, the id may belong to another instance. */
export function isMeant({ instance }: GuardMark, own: InstanceIdentity): boolean {
  return instance.pluginId === own.pluginId && instance.sequence === own.sequence;
}

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
