import { claimsOf, inlineIssuer, NOW, policyDocument } from "../../../test/core/fixtures.ts";
import { generateSigningKey, mintToken } from "../../../test/tokens.ts";
import { judgeRequest } from "../judge-request.ts";
import type { JudgedVector, VectorSource } from "../judged.ts";
import { readVectors } from "../vector-folder.ts";

/**
 * KrakenD's matchers of roles and scopes, as claims and the requirements on the claims. The tokens are ours, because
 * KrakenD's tests have no tokens.
 */
interface MatcherCase {
  readonly id: string;
  readonly matcher: "CanAccess" | "CanAccessNested" | "ScopesAllMatcher" | "ScopesAnyMatcher";
  /** Steps with dots between them. */
  readonly claim_path: string;
  readonly claims: Record<string, unknown>;
  readonly required: readonly string[];
  readonly expect: "accept" | "reject";
}

const key = generateSigningKey("ES256", "1");

export const krakendJose: VectorSource = {
  name: "KrakenD: matchers of roles and scopes",
  judge: () => Promise.all(readVectors<MatcherCase[]>("krakend-jose/claim_matchers.json").map(judgeMatcher)),
};

async function judgeMatcher(matcherCase: MatcherCase): Promise<JudgedVector> {
  const { id, matcher, claims, expect } = matcherCase;
  const token = mintToken({ key, claims: { ...claimsOf({ scope: undefined }), ...claims } });
  const document = documentOf(matcherCase);
  const { found } = await judgeRequest({ document, authorization: `Bearer ${token}`, now: NOW });
  const reason = matcher.startsWith("Scopes") ? "scope_insufficient" : "condition_unmet";
  return { id, expected: expect === "accept" ? "accepted" : reason, found };
}

/**
 * KrakenD's `scopes_key: data.scope`, `scopes: [a, b]` and `scopes_matcher: all` become `claims: { scopes: /data/scope
 * }` and `required_scopes: { all_of: [a, b] }`. `roles_key` and `roles` become `claims: { roles }` and `required_roles:
 * { any_of }`.
 */
function documentOf({ matcher, claim_path, required }: MatcherCase): Record<string, unknown> {
  const what = matcher.startsWith("Scopes") ? "scopes" : "roles";
  const claim = claim_path.includes(".") ? `/${claim_path.replaceAll(".", "/")}` : claim_path;
  const wanted = { [matcher === "ScopesAllMatcher" ? "all_of" : "any_of"]: required };
  const requirements = required.length === 0 ? {} : { [`required_${what}`]: wanted };
  return policyDocument(inlineIssuer([key], { claims: { [what]: claim } }), { routes: { read: requirements } });
}
