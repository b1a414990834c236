import { type JsonObject, type JsonValue, roundNumber } from "../json/json.ts";
import { ALWAYS_VALID, intersect, type Validity } from "../model/decision.ts";
import type { CompiledIssuer, Requirements } from "../model/policy.ts";

/**
 * In seconds. The result of a check counts as uncertain this close to the time at which it changes, because sums of
 * fractions are rounded.
 */
const MARGIN = 0.001;

/**
 * The time span in which every check of a time gives the same result as now. Every stage that compares a claim with the
 * time must add the times at which its result changes to {@link listTimeEdges}. Returns undefined if the plugin must
 * judge the token each time: if a check changes its result now, or if the token is bound to a key (RFC 7800).
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
  const edges = listTimeEdges(issuer, requirements, claims);
  const validity = edges.map((edge) => besideEdge(edge, nowSeconds)).reduce(intersect, ALWAYS_VALID);
  return validity.after < nowSeconds && nowSeconds < validity.before ? validity : undefined;
}

/** The times at which the result of a check changes. NaN stands for a time that the token or the rule does not have. */
function listTimeEdges(issuer: CompiledIssuer, requirements: Requirements, claims: JsonObject): readonly number[] {
  const { clockSkewSeconds: skew, maxTokenAgeSeconds = Number.NaN } = issuer;
  const [exp, nbf, iat, authTime] = [claims.exp, claims.nbf, claims.iat, claims.auth_time].map(toSeconds);
  const logins = requirements.alternatives.flatMap(({ authentication }) => authentication?.maxAgeSeconds ?? []);
  return [
    (nbf ?? Number.NaN) - skew,
    (iat ?? Number.NaN) - skew,
    (exp ?? Number.NaN) + skew,
    (iat ?? Number.NaN) + maxTokenAgeSeconds + skew,
    ...logins.flatMap((maxAge) => [(authTime ?? Number.NaN) - skew, (authTime ?? Number.NaN) + maxAge + skew]),
  ];
}

function besideEdge(edge: number, nowSeconds: number): Validity {
  if (Number.isNaN(edge)) {
    return ALWAYS_VALID;
  }
  return edge <= nowSeconds
    ? { after: edge + MARGIN, before: Number.POSITIVE_INFINITY }
    : { after: Number.NEGATIVE_INFINITY, before: edge - MARGIN };
}

function toSeconds(time: JsonValue | undefined): number {
  return roundNumber(time) ?? Number.NaN;
}
