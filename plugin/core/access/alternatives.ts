import type { JsonObject, JsonValue } from "../json/json.ts";
import { readClaim } from "../model/claim-reference.ts";
import type { Alternative, CompiledIssuer } from "../model/policy.ts";

/** Whether a token of this issuer and audience can meet the alternative at all (RFC 7519 section 4.1.3). */
export function isOpen(issuer: CompiledIssuer, { accept, audiences }: Alternative, claims: JsonObject): boolean {
  return accept.has(issuer.id) && hasAudience(readClaim(claims, issuer.audience), audiences ?? issuer.audiences);
}

function hasAudience(aud: JsonValue | undefined, accepted: ReadonlySet<string>): boolean {
  const audiences = Array.isArray(aud) ? aud : [aud];
  // RFC 7519 section 4.1.3 allows strings only, so one other element makes the whole array invalid.
  return (
    audiences.every((audience) => typeof audience === "string") && audiences.some((audience) => accepted.has(audience))
  );
}
