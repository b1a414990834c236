import type { HeaderChanges, Judgement, UpstreamChanges } from "../model/decision.ts";
import type { CompiledPolicy, Requirements } from "../model/policy.ts";
import type { RequestFacts } from "../model/request.ts";
import { forwardToken, withholdTokens } from "./forward-token.ts";
import { clearIdentity } from "./map-claims.ts";
import type { CallerChange } from "./settle-caller.ts";

/** Removes or forwards the tokens that the request carries. */
export type Credentials = Pick<UpstreamChanges, "headers" | "rawQuery">;

/** Everything that an Allow may change. A part is absent if it does not apply. */
export interface UpstreamParts {
  /** The result of `propagateClaims`. Each identity header is either removed, or set from the verified token. */
  readonly mapped?: HeaderChanges | undefined;
  readonly compared?: HeaderChanges | undefined;
  readonly credentials?: Credentials | undefined;
  readonly caller: CallerChange;
}

/**
 * Combines the changes of a request for the upstream. No other code combines such changes. If two layers change the
 * same header, the later layer in this list wins:
 *
 * 1. Every identity header is removed, in every spelling, whatever the client sent.
 * 2. Mapped headers come from the verified token.
 * 3. Compared headers get the value that was compared.
 * 4. Credentials are removed or forwarded. So no mapping can restore a token that the policy withholds.
 * 5. Kong's identity headers name the caller that Kong's plugins see.
 */
export function composeUpstream(policy: CompiledPolicy, parts: UpstreamParts): UpstreamChanges {
  const { mapped, compared, credentials, caller } = parts;
  // Spreading these objects would take eight times as long.
  const headers: HeaderChanges = Object.assign(
    {},
    mapped ?? clearIdentity(policy),
    compared,
    credentials?.headers,
    caller.headers,
  );
  return { headers, rawQuery: credentials?.rawQuery, caller: caller.identity };
}

/**
 * If a claim was compared with a header, this function sets the header to the compared value. The function also removes
 * the header's other spellings. Another plugin may have changed the header since the facts were read. The upstream must
 * not get a value that the rule did not check.
 */
export function keepCompared({ comparedHeaders }: Requirements, facts: RequestFacts): HeaderChanges {
  const kept: Record<string, string | readonly string[]> = {};
  for (const { name, spellings } of comparedHeaders) {
    for (const spelling of spellings) {
      kept[spelling] = [];
    }
    kept[name] = facts.headers.get(name) ?? [];
  }
  return kept;
}

/**
 * Decides about credentials in report mode. A verified token is forwarded as usual. If the policy forwards tokens, the
 * plugin leaves all other credentials in the request. If the policy does not forward tokens, all other credentials are
 * removed.
 */
export function reportedCredentials(
  policy: CompiledPolicy,
  facts: RequestFacts,
  verified: Judgement["verified"],
): Credentials | undefined {
  if (verified) {
    return forwardToken(policy, facts, verified.sent);
  }
  return policy.forwardHeader === undefined ? withholdTokens(policy, facts) : undefined;
}
