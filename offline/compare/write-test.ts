import { stringify } from "yaml";
import type { Decision } from "../../plugin/core/model/decision.ts";
import type { Reason } from "../../plugin/core/model/denial.ts";
import type { CompiledPolicy } from "../../plugin/core/model/policy.ts";
import { findIssuer } from "../../plugin/core/token/find-key.ts";
import { writeTimes } from "../tokens/times.ts";
import type { Difference, Sender } from "./cells/compare-cell.ts";
import type { CandidateToken } from "./search/token-space.ts";

type Members = Record<string, unknown>;

/** Claims that a recipe has by default. */
const FILLED_IN = ["sub", "aud", "iat", "exp"];

/** The reason why the request is refused, or would be refused without report mode. */
export function reasonOf(decision: Decision): Reason | undefined {
  return decision.verdict === "deny" ? decision.denial.reason : decision.reported?.denial.reason;
}

/**
 * Writes a difference as a test of the policy. The test expects the decision of the old version, so the test fails with
 * the new version.
 *
 * @param policies the old and the new version.
 * @param before the decision of the old version.
 */
export function writeTest(
  { cell, sender, transport }: Difference,
  policies: readonly CompiledPolicy[],
  before: Decision,
  nowSeconds: number,
): string {
  const reason = reasonOf(before);
  const isPreflight = sender.sends === "preflight";
  const test: Members = {
    name: `${cell.method} ${cell.template} is as before`,
    ...writeToken(sender, policies, nowSeconds),
    rule: cell.rule,
    method: isPreflight ? "OPTIONS" : cell.method,
    path: cell.path,
    ...(isPreflight
      ? { headers: { origin: "https://app.example.com", "access-control-request-method": cell.method } }
      : {}),
    ...(transport === "plain" ? { transport: "plain" } : {}),
    ...(!isPreflight && sender.isKnownToKong ? { authenticated_as: { credential: "another-plugin" } } : {}),
    expect: reason === undefined ? "allow" : reason,
  };
  return stringify([test], { lineWidth: 0 });
}

/** Writes the YAML key `token` of a test, with its value. */
export function writeToken(sender: Sender, policies: readonly CompiledPolicy[], nowSeconds: number): Members {
  switch (sender.sends) {
    case "nothing":
    case "preflight":
      return {};
    case "invalid_token":
      return { token: { text: "not.a.token" } };
    case "token":
      return { token: writeRecipe(sender.token, policies, nowSeconds) };
  }
}

function writeRecipe({ alg, typ, claims }: CandidateToken, policies: readonly CompiledPolicy[], now: number): Members {
  const { iss, ...others } = claims;
  const issuer = policies.map((policy) => findIssuer(policy, String(iss))).find((found) => found !== undefined);
  const without = FILLED_IN.filter((name) => claims[name] === undefined);
  return {
    ...(issuer ? { issuer: issuer.id } : {}),
    algorithm: alg,
    header: { typ: typ ?? null },
    claims: { ...(issuer?.issuer === iss ? {} : { iss }), ...writeTimes(others, now) },
    ...(without.length > 0 ? { without } : {}),
  };
}
