import type { Decision } from "../../plugin/core/model/decision.ts";
import type { Reason } from "../../plugin/core/model/denial.ts";
import type { Mode } from "../../plugin/core/model/policy.ts";

/** The decision of one policy version about a recorded request. */
export type Verdict =
  | { readonly is: "allow" }
  /** `isReported`: the request passes because of report mode. The reason is undefined if several reasons are possible. */
  | { readonly is: "deny"; readonly reason: Reason | undefined; readonly isReported: boolean }
  /** Kong has no Route for the request. */
  | { readonly is: "not_routed" }
  /** The log line does not contain enough facts. */
  | { readonly is: "unknown"; readonly why: UnknownWhy };

/** The reasons why the decision about a log line is unknown, in words for users. */
export const UNKNOWN = {
  claims_not_logged: "the decision depends on claims whose values the line does not have in plain text",
  effects_changed: "the decision may depend on claims for headers or for Kong's caller that the line does not have",
  header_not_logged: "the decision depends on a header whose value the line does not have",
  issuer_changed: "one version has other keys or algorithms for the token's issuer, or lacks the issuer",
  issuer_not_logged: "the line does not name the token's issuer",
  method_not_logged: "the rule decides by method, and the line has no method",
  no_policy: "the line names no policy, or a version lacks the policy",
  other_authentication: "the decision depends on another authentication plugin",
  other_version: "a third version of the policy made the decision, so the line says nothing about the two versions",
  path_hidden: "the rule decides by path, and the line has only a part of the path",
  path_not_logged: "the rule decides by path, and the line has no path",
  preflight: "the request may be a CORS preflight",
  dropped: "the decision log says that these lines are missing",
  route_unclear: "the Kong Route of the request cannot be found offline",
  reason_not_logged: "the line has no reason",
  reused: "the guard let these requests pass by an earlier verdict, and the log has no other facts about them",
  rule_not_logged: "the line names neither rule nor Route, and no kong.yml routes the request",
  tags_not_logged: "the rule may depend on a tag of the Kong Route",
  tenant_not_logged: "the issuer has many tenants, and the line does not name the token's tenant",
  token_not_judged: "the recorded decision did not need a token, but one version may need a token",
  token_sources_changed: "the versions have different token sources",
  transport_not_logged: "the rule needs TLS, and the line does not say whether the request used TLS",
} as const;

export type UnknownWhy = keyof typeof UNKNOWN;

export const ALLOW: Verdict = { is: "allow" };

export function unknown(why: UnknownWhy): Verdict {
  return { is: "unknown", why };
}

export function denyIn(mode: Mode, reason: Reason | undefined): Verdict {
  return { is: "deny", reason, isReported: mode === "report" };
}

export function toVerdict(decision: Decision): Verdict {
  if (decision.verdict === "deny") {
    return { is: "deny", reason: decision.denial.reason, isReported: false };
  }
  const { reported } = decision;
  return reported ? { is: "deny", reason: reported.denial.reason, isReported: true } : ALLOW;
}
