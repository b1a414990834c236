import type { UpstreamChanges } from "./decision.ts";
import type { Denial } from "./denial.ts";
import { type CallerSource, writeIdentityHeaders } from "./identity.ts";
import type { CompiledPolicy, Requirements } from "./policy.ts";
import { clearIdentity } from "./propagate.ts";

/**
 * What follows from another plugin's having authenticated the request, or not: it is enough, it is missing, or neither, and then the
 * token is looked at.
 */
export async function judgeOtherAuthentication(
  policy: CompiledPolicy,
  { otherAuthentication }: Requirements,
  callers: CallerSource,
): Promise<UpstreamChanges | Denial | undefined> {
  if (otherAuthentication === "ignore") {
    return undefined;
  }
  const credentialId = await callers.authenticatedCredential();
  if (credentialId === undefined) {
    return otherAuthentication === "require" ? { reason: "other_authentication_missing" } : undefined;
  }
  return otherAuthentication === "skip" ? vouchFor(policy, credentialId, callers) : undefined;
}

/** Kong keeps whom it knows. Its headers are written anew, and the upstream gets nothing that nobody looked at. */
async function vouchFor(policy: CompiledPolicy, credentialId: string, callers: CallerSource): Promise<UpstreamChanges> {
  const known = policy.identity && { consumer: await callers.authenticatedConsumer(), credentialId };
  return { headers: { ...clearIdentity(policy), ...(known && writeIdentityHeaders(known)) } };
}
