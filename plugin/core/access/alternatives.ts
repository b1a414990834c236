import type { JsonObject, JsonValue } from "../json/json.ts";
import { readClaim } from "../model/claim-reference.ts";
import type { Alternative, CompiledIssuer } from "../model/policy.ts";

/** Whether the alternative accepts the issuer and the audience of the token (RFC 7519 section 4.1.3). */
export function isOpen(issuer: CompiledIssuer, { accept, audiences }: Alternative, claims: JsonObject): boolean {
  return accept.has(issuer.id) && hasAudience(readClaim(claims, issuer.audience), audiences ?? issuer.audiences);
}

function hasAudience(aud: JsonValue | undefined, accepted: ReadonlySet<string>): boolean {
  const audiences = Array.isArray(aud) ? aud : [aud];
  // RFC 7519 section 4.1.3 allows only strings in `aud`, so one element of another type makes the whole array invalid.
  return (
    audiences.every((audience) => typeof audience === "string") && audiences.some((audience) => accepted.has(audience))
  );
}
