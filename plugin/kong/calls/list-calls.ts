import type { CallerIdentity } from "../../core/model/caller.ts";
import { type Allow, type Answer, type Decision, type Deny, isAllow } from "../../core/model/decision.ts";
import { formatReport } from "../../observe/decision-log.ts";
import type { WaitingLine } from "../../observe/operator-log.ts";
import { denyOwn } from "../contract/deny-own.ts";
import type { GuardMark } from "../contract/guard-mark.ts";
import { writeConsumer } from "../contract/kong-consumer.ts";
import type { PdkCall } from "../contract/pdk-call.ts";
import { NAME } from "../contract/plugin-identity.ts";
import { createEnding, type Ending } from "./create-ending.ts";
import { renderEnding, renderOtherInstance } from "./verdict.ts";

/**
 * Lists the calls of Kong's PDK that carry out the outcome of a request. A plugin server makes the calls in the order
 * of the list, and stops after a call that failed. The last call decides about the request. If the guard is loaded in
 * Kong, the last call sends the plugin's verdict to the guard. Without the guard, the last call of a refusal is Kong's
 * exit, which sends the refusal to the client. So no request passes if an earlier call failed.
 *
 * @param outcome the handler's decision. Only our own Allow, a Deny or an Answer are valid outcomes. With any other
 * value, the request is refused.
 * @param warnings lines for the operator, also written to Kong's log. The warnings do not depend on the outcome.
 * @param guard present if the guard answers refused requests. Without a guard, the plugin server calls Kong's exit.
 */
export function listCalls(
  outcome: unknown,
  warnings: readonly WaitingLine[] = [],
  guard?: GuardMark,
): readonly PdkCall[] {
  const calls = isAllow(outcome) ? listAllow(outcome) : listRefusal(createEnding(readRefusal(outcome)), guard);
  return warnings.length === 0 ? calls : [...warnings.map(listWarning), ...calls];
}

/**
 * Lists the calls for the case that Kong asked an instance that must not judge the request. The guard then asks Kong's
 * current instance.
 */
export function listOtherInstance(guard: GuardMark): readonly PdkCall[] {
  return [{ method: "kong.service.request.set_headers", args: [renderOtherInstance(guard)] }];
}

/** Lists the calls for a refusal without a decision. `line` is the log line that gives the operator the reason. */
export function listExit(deny: Deny, line: string): readonly PdkCall[] {
  return listRefusal({ ...createEnding(deny), log: { level: "err", line } }, undefined);
}

function listWarning({ level, line }: WaitingLine): PdkCall {
  return { method: `kong.log.${level}`, args: [`${NAME}: ${line}`] };
}

/**
 * The call that sets headers comes last. If the guard is loaded in Kong, one of the headers is the verdict. The verdict
 * shows the guard that all earlier calls succeeded.
 */
function listAllow(allow: Allow): readonly PdkCall[] {
  const { headers, rawQuery, caller } = allow;
  const report = formatReport(allow);
  const calls: PdkCall[] = report === undefined ? [] : [{ method: "kong.log.warn", args: [report] }];
  if (caller) {
    calls.push(...listCaller(caller));
  }
  if (rawQuery !== undefined) {
    calls.push({ method: "kong.service.request.set_raw_query", args: [rawQuery] });
  }
  if (Object.keys(headers).length > 0) {
    calls.push({ method: "kong.service.request.set_headers", args: [headers] });
  }
  return calls;
}

/**
 * Replaces Kong's caller (Consumer, credential and groups) as a whole. If only a part were replaced, a request could
 * have the Consumer of one caller, and the credential or groups of another caller.
 */
function listCaller({ consumer, credentialId, groups }: CallerIdentity): readonly PdkCall[] {
  const setGroups: PdkCall = {
    method: "kong.ctx.shared.set",
    args: groups ? ["authenticated_groups", groups] : ["authenticated_groups"],
  };
  if (consumer) {
    const credential = { id: credentialId, consumer_id: consumer.id };
    return [{ method: "kong.client.authenticate", args: [writeConsumer(consumer), credential] }, setGroups];
  }
  // If a credential has no Consumer, the plugin sets Kong's variables itself. `kong.client.authenticate` would write an
  // empty consumer_id, and Kong's acl plugin would then fail.
  return [
    { method: "kong.nginx.set_ctx", args: ["authenticated_consumer"] },
    {
      method: "kong.nginx.set_ctx",
      args:
        credentialId === undefined ? ["authenticated_credential"] : ["authenticated_credential", { id: credentialId }],
    },
    setGroups,
  ];
}

function listRefusal(ending: Ending, guard: GuardMark | undefined): readonly PdkCall[] {
  if (guard) {
    return [{ method: "kong.service.request.set_headers", args: [renderEnding(guard, ending)] }];
  }
  const { log, exit } = ending;
  const end: PdkCall = { method: "kong.response.exit", args: [exit.status, exit.body, exit.headers] };
  return log ? [{ method: `kong.log.${log.level}`, args: [log.line] }, end] : [end];
}

/** Says whether an outcome of a handler allows, refuses or answers the request. */
export function readOutcome(outcome: unknown): Decision | Answer {
  return isAllow(outcome) ? outcome : readRefusal(outcome);
}

function readRefusal(outcome: unknown): Deny | Answer {
  return hasVerdict(outcome, "deny") || hasVerdict(outcome, "answer")
    ? outcome
    : denyOwn("internal_error", "the handler returned no decision");
}

function hasVerdict<V extends "deny" | "answer">(
  outcome: unknown,
  verdict: V,
): outcome is { deny: Deny; answer: Answer }[V] {
  return typeof outcome === "object" && outcome !== null && "verdict" in outcome && outcome.verdict === verdict;
}
