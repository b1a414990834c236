import type { JsonObject } from "../json/json.ts";
import type { CompiledIssuer } from "../model/policy.ts";

/**
 * RFC 7519 section 4.1.2 requires a string in `sub`. If the policy also allows integers, this function turns an integer
 * `sub` into a decimal string. All later stages then see a string `sub`, as in every other token. The function leaves
 * all other numbers in `sub` unchanged: fractions, negative numbers, and integers that may be rounded. A later stage
 * refuses them.
 */
export function readSubject({ acceptsNumericSubject }: CompiledIssuer, claims: JsonObject): JsonObject {
  const { sub } = claims;
  if (
    !acceptsNumericSubject ||
    typeof sub !== "number" ||
    !Number.isSafeInteger(sub) ||
    sub < 0 ||
    Object.is(sub, -0)
  ) {
    return claims;
  }
  // The object has no prototype, like every object that is read from a token.
  return Object.assign(Object.create(null) as Record<string, never>, claims, { sub: String(sub) });
}
