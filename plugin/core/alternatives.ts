import { readClaim } from "./claim-reference.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { Alternative, CompiledIssuer, Requirements } from "./policy.ts";

/** The alternatives that a token of this issuer and audience can meet at all (RFC 7519 section 4.1.3). */
export function findOpenAlternatives(
  issuer: CompiledIssuer,
  { alternatives }: Requirements,
  claims: JsonObject,
): readonly Alternative[] {
  const audience = readClaim(claims, issuer.audience);
  return alternatives.filter(
    ({ accept, audiences }) => accept.has(issuer.id) && hasAudience(audience, audiences ?? issuer.audiences),
  );
}

function hasAudience(aud: JsonValue | undefined, accepted: ReadonlySet<string>): boolean {
  const audiences = Array.isArray(aud) ? aud : [aud];
  // One element that is not a string spoils the array: RFC 7519 section 4.1.3 allows strings only.
  return (
    audiences.every((audience) => typeof audience === "string") && audiences.some((audience) => accepted.has(audience))
  );
}
