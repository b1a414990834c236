import { claimsOf, inlineIssuer, NOW, policyDocument } from "../core/fixtures.ts";
import { generateSigningKey, mintToken } from "../tokens.ts";
import { judgeRequest } from "./judge-request.ts";
import type { JudgedVector, VectorSource, WaitingVector } from "./judged.ts";
import { readVectors } from "./vector-folder.ts";

/** KrakenD's matchers of roles and scopes: claims and what is required of them. The tokens are ours, for there are none. */
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

async function judgeMatcher(matcherCase: MatcherCase): Promise<JudgedVector | WaitingVector> {
  const { id, matcher, claims, required, expect } = matcherCase;
  if (matcher === "CanAccess" || matcher === "CanAccessNested") {
    return { id, waitsFor: "roles" };
  }
  // Any of one, or of none, is all of them.
  if (matcher === "ScopesAnyMatcher" && required.length > 1) {
    return { id, waitsFor: "any of several scopes" };
  }
  const token = mintToken({ key, claims: { ...claimsOf({ scope: undefined }), ...claims } });
  const { found } = await judgeRequest({
    document: documentOf(matcherCase),
    authorization: `Bearer ${token}`,
    now: NOW,
  });
  return { id, expected: expect === "accept" ? "accepted" : "scope_insufficient", found };
}

/** `scopes_key: data.scope` and `scopes: [a, b]` there are `claims: { scopes: /data/scope }` and `required_scopes: [a, b]` here. */
function documentOf({ claim_path, required }: MatcherCase): Record<string, unknown> {
  const scopes = claim_path.includes(".") ? `/${claim_path.replaceAll(".", "/")}` : claim_path;
  const requirements = required.length === 0 ? {} : { required_scopes: required };
  return policyDocument(inlineIssuer([key], { claims: { scopes } }), { routes: { read: requirements } });
}
