import { type Answer, createAllow, type Decision, type Deny, isAllow } from "../core/decision.ts";
import type { HeaderChanges } from "../core/propagate.ts";
import { formatDenial, logLevelOf } from "../observe/decision-log.ts";
import { createExit } from "./create-exit.ts";
import { createMetadataExit } from "./create-metadata-exit.ts";

/** The request header that carries a verdict to the guard, which removes it. The guard's handler.lua has the same name. */
const VERDICT_HEADER = "x-jwt-policy-verdict";

/** What an instance is to Kong: one version of one plugin's configuration. */
export interface InstanceIdentity {
  /** Kong's `__plugin_id` and `__seq__`. */
  readonly pluginId: string;
  readonly sequence: number;
}

/** What the guard expects of one request, as it writes it behind the facts. */
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

/** Whether this instance is the one that Kong means. In a respawned stock plugin server its id may be another's. */
export function isMeant({ instance }: GuardMark, own: InstanceIdentity): boolean {
  return instance.pluginId === own.pluginId && instance.sequence === own.sequence;
}

/**
 * Adds the verdict to an Allow; every other decision stays as it is. The verdict names the instance that judged and not
 * the one that was asked for: only where they are the same does the guard let the request pass.
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

/** Asks the guard to answer the request: what to send, and for a refusal the log line, as one header. */
export function renderEnding({ nonce }: GuardMark, decision: Deny | Answer): HeaderChanges {
  const ending =
    decision.verdict === "answer"
      ? createMetadataExit(decision.metadataRequest)
      : { level: logLevelOf(decision), line: formatDenial(decision), ...createExit(decision) };
  return { [VERDICT_HEADER]: `answered ${Buffer.from(JSON.stringify(ending)).toString("base64")} ${nonce}` };
}

/** Tells the guard that Kong asked the wrong instance, which judged nothing. */
export function renderOtherInstance({ nonce }: GuardMark): HeaderChanges {
  return { [VERDICT_HEADER]: `other-instance ${nonce}` };
}
