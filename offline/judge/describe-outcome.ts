import { createChallenge } from "../../plugin/core/answer/challenge.ts";
import { tellClient } from "../../plugin/core/answer/tell-client.ts";
import type { CallerIdentity } from "../../plugin/core/model/caller.ts";
import type { Allow, Deny, HeaderChanges } from "../../plugin/core/model/decision.ts";
import { denialRow, type Reason, type Stage } from "../../plugin/core/model/denial.ts";
import type { Verdict } from "../suite/test-case.ts";
import type { Outcome } from "./judge.ts";

/** An outcome in the words of test documents. If a part does not apply to the outcome, it is undefined. */
export interface DescribedOutcome {
  readonly verdict: Verdict;
  readonly reason: Reason | undefined;
  /** The reason of a denial that report mode only logs. */
  readonly reported: Reason | undefined;
  /** The detail about the denial, as in the operator's log. The detail never quotes a token. */
  readonly detail: string | undefined;
  readonly stage: Stage | undefined;
  readonly status: number | undefined;
  readonly challenge: string | undefined;
  /** The headers that the plugin changes for the upstream; undefined if the request does not pass. */
  readonly headers: HeaderChanges | undefined;
  /** The caller that the plugin sets in Kong; undefined if the plugin sets no caller. */
  readonly caller: CallerIdentity | undefined;
  readonly rule: string | undefined;
  readonly issuer: string | undefined;
}

/** Each function writes out every part of the outcome. An object spread would take as long as a stage of the decision. */
export function describeOutcome(outcome: Outcome): DescribedOutcome {
  switch (outcome.verdict) {
    case "allow":
      return describeAllow(outcome);
    case "deny":
      return new DescribedDenial(outcome);
    default:
      return describeOther(outcome.verdict);
  }
}

function describeOther(verdict: Verdict): DescribedOutcome {
  return {
    verdict,
    reason: undefined,
    reported: undefined,
    detail: undefined,
    stage: undefined,
    status: undefined,
    challenge: undefined,
    headers: undefined,
    caller: undefined,
    rule: undefined,
    issuer: undefined,
  };
}

function describeAllow({ headers, caller, reported, evidence }: Allow): DescribedOutcome {
  return {
    verdict: "allow",
    reason: undefined,
    reported: reported?.denial.reason,
    detail: reported?.denial.detail,
    stage: undefined,
    status: undefined,
    challenge: undefined,
    headers,
    caller,
    rule: evidence.rule,
    issuer: evidence.issuer,
  };
}

/**
 * The getters compose the status and the challenge only when a test reads them. Most tests do not read the status or
 * the challenge, so the getters save time.
 */
class DescribedDenial implements DescribedOutcome {
  readonly verdict = "deny";
  readonly reason: Reason;
  readonly reported = undefined;
  readonly detail: string | undefined;
  readonly stage: Stage;
  readonly headers = undefined;
  readonly caller = undefined;
  readonly rule: string | undefined;
  readonly issuer: string | undefined;
  readonly #deny: Deny;

  constructor(deny: Deny) {
    const { denial, evidence } = deny;
    this.#deny = deny;
    this.reason = denial.reason;
    this.detail = denial.detail;
    this.stage = denialRow(denial.reason).stage;
    this.rule = evidence.rule;
    this.issuer = evidence.issuer;
  }

  get status(): number {
    return tellClient(this.#deny.denial, this.#deny.reply.answers).status;
  }

  get challenge(): string | undefined {
    return createChallenge(this.#deny);
  }
}

/** One line that says what happened and in which stage, such as `deny, scope_insufficient (stage authorize)`. */
export function outcomeText({ verdict, reason, reported, stage }: DescribedOutcome): string {
  if (reason !== undefined) {
    return `deny, ${reason} (stage ${stage})`;
  }
  return reported === undefined
    ? verdict
    : `allow in report mode, because of ${reported} (stage ${denialRow(reported).stage})`;
}
