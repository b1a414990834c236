import type { CallerSource } from "../model/caller.ts";
import type { Denial } from "../model/denial.ts";
import type { Requirements } from "../model/policy.ts";

/**
 * Evaluates another plugin's authentication: it is sufficient (`passes`), it is missing (a denial), or the token decides
 * (undefined).
 */
export async function judgeOtherAuthentication(
  { otherAuthentication }: Requirements,
  callers: CallerSource,
): Promise<"passes" | Denial | undefined> {
  if (otherAuthentication === "ignore") {
    return undefined;
  }
  const isAuthenticated = (await callers.authenticatedCredential()) !== undefined;
  if (otherAuthentication === "skip") {
    return isAuthenticated ? "passes" : undefined;
  }
  return isAuthenticated ? undefined : { reason: "other_authentication_missing" };
}
