import { type JsonObject, type JsonValue, roundNumber } from "../json/json.ts";
import type { Validity } from "../model/decision.ts";
import type { CompiledIssuer, Requirements } from "../model/policy.ts";

/**
 * The result of a check changes at certain times. These times are sums of fractions of seconds, and such a sum may be
 * rounded. So the result counts as uncertain for this many seconds before and after each change.
 */
const MARGIN = 0.001;

/**
 * Returns the time span in which every time-dependent check gives the same result as now. If a stage compares a claim
 * with the time, the result of the stage changes at certain times. This function must {@link narrow} the span at each
 * of these times. Returns undefined if the plugin must judge the token each time. One case is a token that is bound to
 * a key (RFC 7800). The other case is a check whose result is about to change or has just changed.
 */
export function findValidity(
  issuer: CompiledIssuer,
  requirements: Requirements,
  claims: JsonObject,
  nowSeconds: number,
): Validity | undefined {
  if (claims.cnf !== undefined) {
    return undefined;
  }
  // The code narrows the bounds one by one, because creating a list of all times would take as long as checking the
  // claims.
  const span = { after: Number.NEGATIVE_INFINITY, before: Number.POSITIVE_INFINITY };
  const { clockSkewSeconds: skew, maxTokenAgeSeconds: maxAge } = issuer;
  const iat = toSeconds(claims.iat);
  narrow(span, toSeconds(claims.nbf) - skew, nowSeconds);
  narrow(span, iat - skew, nowSeconds);
  narrow(span, toSeconds(claims.exp) + skew, nowSeconds);
  if (maxAge !== undefined) {
    narrow(span, iat + maxAge + skew, nowSeconds);
  }
  for (const { authentication } of requirements.alternatives) {
    if (authentication?.maxAgeSeconds !== undefined) {
      const loginTime = toSeconds(claims.auth_time);
      narrow(span, loginTime - skew, nowSeconds);
      narrow(span, loginTime + authentication.maxAgeSeconds + skew, nowSeconds);
    }
  }
  return span.after < nowSeconds && nowSeconds < span.before ? span : undefined;
}

/**
 * Cuts the span at `edge`, a time at which the result of a check changes. If the token does not have the claim for
 * `edge`, `edge` is NaN and the span stays unchanged.
 */
function narrow(span: { after: number; before: number }, edge: number, nowSeconds: number): void {
  if (edge > nowSeconds) {
    span.before = Math.min(span.before, edge - MARGIN);
  } else if (edge <= nowSeconds) {
    span.after = Math.max(span.after, edge + MARGIN);
  }
}

function toSeconds(time: JsonValue | undefined): number {
  return roundNumber(time) ?? Number.NaN;
}
