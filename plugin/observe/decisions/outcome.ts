import { type Answer, type Decision, type Deny, isAllow } from "../../core/model/decision.ts";

/**
 * What happened to a request. `would_deny`: the rule denies the request, but report mode let the request pass. `answer`: the
 * plugin itself answered the request.
 */
export type Outcome = "allow" | "deny" | "would_deny" | "answer";

export function outcomeOf(outcome: Decision | Answer): Outcome {
  if (isAllow(outcome)) {
    return outcome.reported ? "would_deny" : "allow";
  }
  return outcome.verdict === "answer" ? "answer" : "deny";
}

/** Returns the denial of a decision, whether it was enforced or not. */
export function denialOf(outcome: Decision | Answer): Deny | undefined {
  if (isAllow(outcome)) {
    return outcome.reported;
  }
  return outcome.verdict === "deny" ? outcome : undefined;
}
