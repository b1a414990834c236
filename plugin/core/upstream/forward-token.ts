import type { HeaderChanges, UpstreamChanges } from "../model/decision.ts";
import type { CompiledPolicy } from "../model/policy.ts";
import type { RequestFacts } from "../model/request.ts";
import type { SentToken } from "../model/token.ts";
import { removeCookie } from "../text/cookies.ts";
import { queryOf, removeParameter } from "../text/query.ts";
import { removeHeaders } from "./map-claims.ts";

const BEARER = /^bearer /i;

/** Forwards the verified token if the policy wants that, and removes all other credentials from every source. */
export function forwardToken(
  policy: CompiledPolicy,
  facts: RequestFacts,
  { token, credential }: SentToken,
): UpstreamChanges {
  const withheld = withholdTokens(policy, facts);
  switch (policy.forwardHeader) {
    case undefined:
      return withheld;
    case "authorization": {
      // The upstream always gets the scheme Bearer, which is the only scheme that RFC 6750 defines.
      const asItCame = credential.source.from === "authorization" && BEARER.test(credential.text);
      return addHeader(withheld, "authorization", asItCame ? credential.text : `Bearer ${token}`);
    }
    default:
      return addHeader(withheld, policy.forwardHeader, token);
  }
}

function addHeader({ headers, rawQuery }: UpstreamChanges, name: string, value: string): UpstreamChanges {
  return { headers: Object.assign({}, headers, { [name]: value }), rawQuery };
}

/**
 * Removes the credentials in all sources. Removes Authorization too, unless the policy keeps the client's own
 * Authorization header. Also removes strings that some upstreams may read as a token, although the plugin does not read
 * them as a token.
 */
export function withholdTokens(policy: CompiledPolicy, facts: RequestFacts): UpstreamChanges {
  const removed: HeaderChanges = removeHeaders(policy.credentialHeaders);
  const cookie = facts.headers.get("cookie");
  const query = facts.requestLine && queryOf(facts.requestLine.target);
  const keptCookie = removeAll(policy, "cookie", cookie, removeCookie);
  const keptQuery = removeAll(policy, "query", query, removeParameter);
  return {
    headers: keptCookie === cookie ? removed : { ...removed, cookie: keptCookie || [] },
    rawQuery: keptQuery === query ? undefined : keptQuery,
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
