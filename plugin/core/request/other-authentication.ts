import type { CallerSource } from "../model/caller.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { Requirements } from "../model/policy.ts";
import { type Result, succeed } from "../model/result.ts";

/** `sufficient`: another plugin authenticated the request, and no token is needed. `token_decides`: a token is needed as usual. */
export type OtherAuthentication = "sufficient" | "token_decides";

const SUFFICIENT = succeed("sufficient" as const);
const TOKEN_DECIDES = succeed("token_decides" as const);

/**
 * Evaluates another plugin's authentication. Fails if the rule requires an authentication by another plugin and there
 * is none.
 */
export async function judgeOtherAuthentication(
  { otherAuthentication }: Requirements,
  callers: CallerSource,
): Promise<Result<OtherAuthentication, Denial>> {
  if (otherAuthentication === "ignore") {
    return TOKEN_DECIDES;
  }
  const isAuthenticated = (await callers.authenticatedCredential()) !== undefined;
  if (otherAuthentication === "skip") {
    return isAuthenticated ? SUFFICIENT : TOKEN_DECIDES;
  }
  return isAuthenticated
    ? TOKEN_DECIDES
    : deny({
        reason: "other_authentication_missing",
        detail: "kong.client has no credential, and the rule says other_authentication: require",
      });
}
