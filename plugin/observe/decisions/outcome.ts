import { type Answer, type Decision, type Deny, isAllow } from "../../core/model/decision.ts";

/** What happened to a request. `would_deny`: report mode let a request pass that its rule denies. `answer`: the plugin answered it itself. */
export type Outcome = "allow" | "deny" | "would_deny" | "answer";

export function outcomeOf(outcome: Decision | Answer): Outcome {
  if (isAllow(outcome)) {
    return outcome.reported ? "would_deny" : "allow";
  }
  return outcome.verdict === "answer" ? "answer" : "deny";
}

/** The denial of a decision, enforced or not. */
export function denialOf(outcome: Decision | Answer): Deny | undefined {
  if (isAllow(outcome)) {
    return outcome.reported;
  }
  return outcome.verdict === "deny" ? outcome : undefined;
}
