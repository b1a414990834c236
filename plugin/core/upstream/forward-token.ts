import type { HeaderChanges, UpstreamChanges } from "../model/decision.ts";
import type { CompiledPolicy } from "../model/policy.ts";
import type { RequestFacts } from "../model/request.ts";
import type { SentToken } from "../model/token.ts";
import { removeCookie } from "../text/cookies.ts";
import { queryOf, removeParameter } from "../text/query.ts";
import { removeHeaders } from "./map-claims.ts";

/** Forwards the verified token if the policy wants that, and removes all other credentials from every source. */
export function forwardToken(
  policy: CompiledPolicy,
  facts: RequestFacts,
  { token, credential }: SentToken,
): UpstreamChanges {
  const { headers, ...changes } = withholdTokens(policy, facts);
  switch (policy.forwardHeader) {
    case undefined:
      return { ...changes, headers };
    case "authorization": {
      const asItCame = credential.source.from === "authorization";
      return { ...changes, headers: { ...headers, authorization: asItCame ? credential.text : `Bearer ${token}` } };
    }
    default:
      return { ...changes, headers: { ...headers, [policy.forwardHeader]: token } };
  }
}

/**
 * Removes the credentials in all sources, and always Authorization. The rules are looser than for reading: anything that the upstream
 * may take for a token is removed as well.
 */
export function withholdTokens(policy: CompiledPolicy, facts: RequestFacts): UpstreamChanges {
  const removed: HeaderChanges = removeHeaders(policy.credentialHeaders);
  const cookie = facts.headers.get("cookie");
  const query = facts.requestLine && queryOf(facts.requestLine.target);
  const keptCookie = removeAll(policy, "cookie", cookie, removeCookie);
  const keptQuery = removeAll(policy, "query", query, removeParameter);
  return {
    headers: keptCookie === cookie ? removed : { ...removed, cookie: keptCookie || [] },
    ...(keptQuery === query ? {} : { rawQuery: keptQuery }),
  };
}

function removeAll(
  { tokenSources }: CompiledPolicy,
  from: "cookie" | "query",
  place: string | undefined,
  remove: (place: string, name: string) => string,
): string | undefined {
  return tokenSources.reduce(
    (kept, source) => (kept !== undefined && source.from === from ? remove(kept, source.name) : kept),
    place,
  );
}
