import type { Decision } from "../../plugin/core/model/decision.ts";
import type { Reason } from "../../plugin/core/model/denial.ts";
import type { Mode } from "../../plugin/core/model/policy.ts";

/** What one version does with a recorded request. */
export type Verdict =
  | { readonly is: "allow" }
  /** `isReported`: the request passes because of report mode. The reason is undefined if several are possible. */
  | { readonly is: "deny"; readonly reason: Reason | undefined; readonly isReported: boolean }
  /** Kong has no Route for the request. */
  | { readonly is: "not_routed" }
  /** The line does not say enough. */
  | { readonly is: "unknown"; readonly why: UnknownWhy };

/** Why a line cannot be decided, for people. */
export const UNKNOWN = {
  claims_not_logged: "the decision depends on claims that the line does not have in plain",
  effects_changed:
    "the decision may depend on claims for headers or for Kong's caller, and the line does not have them",
  header_not_logged: "the decision depends on the value of a header",
  issuer_changed: "the token's issuer has other keys or algorithms, or is not in this version",
  issuer_not_logged: "the line does not name the token's issuer",
  method_not_logged: "the rule decides by method, and the line has none",
  no_policy: "a version has no such policy, or the line names none",
  other_authentication: "the decision depends on another authentication plugin",
  other_version: "a third version of the policy made the decision, so the line says nothing about the two versions",
  path_hidden: "the rule decides by path, and the line has only a part of it",
  path_not_logged: "the rule decides by path, and the line has none",
  preflight: "the request may be a CORS preflight",
  dropped: "the decision log says that these lines are missing",
  route_unclear: "the Kong Route of the request cannot be found offline",
  reason_not_logged: "the line has no reason",
  reused: "the guard let these requests pass by an earlier verdict, and nothing else is known",
  rule_not_logged: "the line names neither rule nor Route, and no kong.yml routes the request",
  tags_not_logged: "the rule may depend on a tag of the Kong Route",
  tenant_not_logged: "the issuer has many tenants, and the line does not name the token's",
  token_not_judged: "the recorded decision did not need a token, and this version may need one",
  token_sources_changed: "the version takes tokens from other places",
  transport_not_logged: "the rule needs TLS, and the line does not say how the request came",
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
