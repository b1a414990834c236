import { readClaim } from "./claim-reference.ts";
import type { Denial } from "./denial.ts";
import type { JsonObject } from "./json.ts";
import type { CompiledIssuer, Requirements } from "./policy.ts";

/** Checks what the rule requires of a token that is valid in itself. Returns undefined when all is met. */
export function authorize(issuer: CompiledIssuer, requirements: Requirements, claims: JsonObject): Denial | undefined {
  if (requirements.requiredScopes.length === 0) {
    return undefined;
  }
  const scopes = readScopes(issuer, claims);
  const unmet = requirements.requiredScopes.filter((scope) => !scopes.has(scope));
  return unmet.length === 0
    ? undefined
    : {
        reason: "scope_insufficient",
        requiredScopes: requirements.requiredScopes,
        detail: `lacks scope ${unmet.join(" ")}`,
      };
}

/** Scopes as RFC 8693 section 4.2 writes them, a string split at spaces, or a list of strings as some issuers do. */
function readScopes(issuer: CompiledIssuer, claims: JsonObject): ReadonlySet<string> {
  const value = readClaim(claims, issuer.scopes);
  if (typeof value === "string") {
    return new Set(value.split(" "));
  }
  return new Set(Array.isArray(value) ? value.filter((scope) => typeof scope === "string") : []);
}
