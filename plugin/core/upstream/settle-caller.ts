import { type CallerIdentity, type CallerSource, NO_CALLER } from "../model/caller.ts";
import type { HeaderChanges } from "../model/decision.ts";
import type { CompiledPolicy, Requirements } from "../model/policy.ts";
import { writeIdentityHeaders } from "./identify-caller.ts";

/** Tells Kong's plugins and the upstream who the caller is. Kong's plugins and the upstream always get the same caller. */
export interface CallerChange {
  /** If `identity` is undefined, Kong's caller stays unchanged. */
  readonly identity: CallerIdentity | undefined;
  readonly headers: HeaderChanges;
}

const UNCHANGED: CallerChange = { identity: undefined, headers: {} };
const CLEARED: CallerChange = { identity: NO_CALLER, headers: {} };

/**
 * Settles the caller of a request that passes. If the policy has `identity`, there are exactly three cases:
 *
 * 1. The verified token names the caller.
 * 2. The rule accepts other plugins (`skip` or `require`), and another plugin authenticated the request. Kong keeps the
 *    caller that the other plugin has set.
 * 3. In all other cases, the plugin clears Kong's caller. An earlier plugin may have set a caller that this policy does
 *    not accept.
 *
 * If the policy has no `identity`, Kong's caller stays unchanged.
 *
 * @param caller the caller that the verified token names.
 * @param requirements the requirements of the matched rule; undefined if no rule matches.
 */
export async function settleCaller(
  policy: CompiledPolicy,
  caller: CallerIdentity | undefined,
  requirements: Requirements | undefined,
  callers: CallerSource,
): Promise<CallerChange> {
  if (!policy.identity) {
    return UNCHANGED;
  }
  if (caller) {
    return { identity: caller, headers: writeIdentityHeaders(caller) };
  }
  if (!requirements || requirements.otherAuthentication === "ignore") {
    return CLEARED;
  }
  const credentialId = await callers.authenticatedCredential();
  if (credentialId === undefined) {
    return CLEARED;
  }
  const consumer = await callers.authenticatedConsumer();
  return { identity: undefined, headers: writeIdentityHeaders({ consumer, credentialId }) };
}
