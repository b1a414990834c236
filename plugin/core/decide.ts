import { authorize } from "./authorize.ts";
import { validateClaims } from "./claims.ts";
import { createAllow, createDeny, type Decision, type Evidence } from "./decision.ts";
import { decodeToken } from "./decode.ts";
import { type Denial, isDenial } from "./denial.ts";
import { extractToken } from "./extract.ts";
import { findKey, type KeySource, selectIssuer } from "./key.ts";
import { type Match, matchRule } from "./match.ts";
import type { CompiledPolicy } from "./policy.ts";
import { type HeaderChanges, propagateClaims, type VerifiedToken } from "./propagate.ts";
import type { RequestFacts } from "./request.ts";
import { verifySignature } from "./verify.ts";

/**
 * Decides one request: the first failing stage wins, and whatever no stage allows is refused.
 *
 * @param now seconds since the epoch; read once, after the signature held, because waiting for a key takes time.
 */
export async function decide(
  facts: RequestFacts,
  policy: CompiledPolicy,
  keys: KeySource,
  now: () => number,
): Promise<Decision> {
  const match = matchRule(policy, facts);
  if (isDenial(match)) {
    return createDeny(match, { policy: policy.name });
  }
  const { rule, requirements } = match;
  const evidence: Evidence = { policy: policy.name, rule };
  if (requirements.access === "public") {
    return conclude(policy, undefined, {}, evidence);
  }
  const judged: HeaderChanges = { authorization: (policy.forwardsToken ? facts.authorization : undefined) ?? [] };
  // Nothing at all, and not merely nothing good: a bad token is no token, but no free pass either.
  if (requirements.access === "optional" && facts.authorization === undefined) {
    return conclude(policy, undefined, judged, evidence);
  }
  const authenticated = await authenticate(facts, policy, match, keys, now, evidence);
  if ("verdict" in authenticated) {
    return authenticated;
  }
  return conclude(policy, authenticated.token, judged, authenticated.evidence);
}

async function authenticate(
  facts: RequestFacts,
  policy: CompiledPolicy,
  { requirements, segments }: Match,
  keys: KeySource,
  now: () => number,
  matched: Evidence,
): Promise<{ readonly token: VerifiedToken; readonly evidence: Evidence } | Decision> {
  let evidence = matched;
  const deny = (denial: Denial): Decision => createDeny(denial, evidence);

  const extracted = extractToken(facts.authorization, policy.maxTokenBytes);
  if (isDenial(extracted)) {
    return deny(extracted);
  }
  const decoded = decodeToken(extracted.token);
  if (isDenial(decoded)) {
    return deny(decoded);
  }
  const { joseHeader } = decoded;
  evidence = { ...evidence, kid: joseHeader.kid };
  const selected = selectIssuer(policy, requirements, joseHeader, decoded.unverifiedClaims);
  if (isDenial(selected)) {
    return deny(selected);
  }
  const { issuer } = selected;
  evidence = { ...evidence, issuer: issuer.id };
  const located = await findKey(keys, issuer, joseHeader, decoded.unverifiedClaims);
  if (isDenial(located)) {
    return deny(located);
  }
  const verified = await verifySignature(decoded, located.key);
  if (isDenial(verified)) {
    return deny(verified);
  }
  const { claims } = verified;
  const nowSeconds = now();
  const denial =
    validateClaims(issuer, requirements, joseHeader, claims, nowSeconds) ??
    authorize(issuer, requirements, claims, segments, nowSeconds);
  return denial ? deny(denial) : { token: { claims, payload: decoded.payload }, evidence };
}

/**
 * @param judged the credentials that the decision is about. They are set as they were judged: another plugin may have
 *   changed the header since the facts were read, and the upstream must not get a token that nobody looked at.
 */
function conclude(
  policy: CompiledPolicy,
  token: VerifiedToken | undefined,
  judged: HeaderChanges,
  evidence: Evidence,
): Decision {
  const propagated = propagateClaims(policy, token);
  return isDenial(propagated)
    ? createDeny(propagated, evidence)
    : createAllow({ ...propagated.headers, ...judged }, evidence);
}
