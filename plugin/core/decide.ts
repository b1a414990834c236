import { authorize } from "./authorize.ts";
import { validateClaims } from "./claims.ts";
import { createAllow, createDeny, type Decision, type Evidence } from "./decision.ts";
import { decodeToken } from "./decode.ts";
import { type Denial, isDenial } from "./denial.ts";
import { extractToken } from "./extract.ts";
import { findKey, type KeySource, selectIssuer } from "./key.ts";
import { findRule, type Match, matchRequest } from "./match.ts";
import type { CompiledPolicy, Mode, Requirements } from "./policy.ts";
import { clearIdentity, type HeaderChanges, propagateClaims, type VerifiedToken } from "./propagate.ts";
import { createReply } from "./reply.ts";
import type { RequestFacts } from "./request.ts";
import { verifySignature } from "./verify.ts";

/**
 * Decides one request: the first failing stage wins, and whatever no stage allows is refused. In report mode everything is judged
 * alike, and what would be refused goes on, with the reason for the log.
 *
 * @param now seconds since the epoch; read once, after the signature held, because waiting for a key takes time.
 */
export async function decide(
  facts: RequestFacts,
  policy: CompiledPolicy,
  keys: KeySource,
  now: () => number,
): Promise<Decision> {
  const unmatched: Evidence = { policy: policy.name };
  const rule = findRule(policy, facts.binding);
  if (isDenial(rule)) {
    return refuse(policy, facts, policy.unmatchedMode, { denial: rule, evidence: unmatched });
  }
  const evidence: Evidence = { ...unmatched, rule: rule.id };
  const match = matchRequest(rule, facts);
  if (isDenial(match)) {
    return refuse(policy, facts, rule.requirements.mode, { denial: match, evidence });
  }
  const { requirements } = match;
  if (match.isOpen) {
    return pass(policy, facts, requirements.mode, { evidence }, {});
  }
  // Nothing at all, and not merely nothing good: a bad token is no token, but no free pass either.
  if (requirements.access === "optional" && facts.authorization === undefined) {
    return pass(policy, facts, requirements.mode, { evidence }, { authorization: [] });
  }
  const judgement = await authenticate(facts, policy, match, keys, now, evidence);
  const judged = judgement.token ? judgedHeaders(policy, requirements, facts) : {};
  const { denial } = judgement;
  return denial
    ? refuse(policy, facts, requirements.mode, { ...judgement, denial }, judged)
    : pass(policy, facts, requirements.mode, judgement, judged);
}

/** What came of looking at a request. */
interface Judgement {
  readonly denial?: Denial | undefined;
  /** Present once signature and claims held, be it that the rule then asks for more. */
  readonly token?: VerifiedToken;
  /** What the token is asked for. */
  readonly requirements?: Requirements;
  readonly evidence: Evidence;
}

async function authenticate(
  facts: RequestFacts,
  policy: CompiledPolicy,
  { requirements, segments }: Match,
  keys: KeySource,
  now: () => number,
  matched: Evidence,
): Promise<Judgement> {
  let evidence = matched;
  const deny = (denial: Denial): Judgement => ({ denial, requirements, evidence });

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
  const invalid = validateClaims(issuer, requirements, joseHeader, claims, nowSeconds);
  if (invalid) {
    return deny(invalid);
  }
  const denial = authorize(issuer, requirements, claims, { segments, headers: facts.headers }, nowSeconds);
  return { denial, token: { claims, payload: decoded.payload }, evidence };
}

/**
 * The header fields that the decision is about, set as they were judged: another plugin may have changed them since the facts
 * were read, and the upstream must not get what nobody looked at.
 */
function judgedHeaders(
  { forwardsToken }: CompiledPolicy,
  { comparedHeaders }: Requirements,
  { authorization, headers }: RequestFacts,
): HeaderChanges {
  const judged: Record<string, string | readonly string[]> = {
    authorization: (forwardsToken ? authorization : undefined) ?? [],
  };
  for (const { name, spellings } of comparedHeaders) {
    for (const spelling of spellings) {
      judged[spelling] = [];
    }
    judged[name] = headers.get(name) ?? [];
  }
  return judged;
}

function pass(
  policy: CompiledPolicy,
  facts: RequestFacts,
  mode: Mode,
  { token, evidence }: Judgement,
  judged: HeaderChanges,
): Decision {
  const propagated = propagateClaims(policy, token);
  return isDenial(propagated)
    ? refuse(policy, facts, mode, { denial: propagated, evidence })
    : createAllow({ headers: { ...propagated.headers, ...judged } }, evidence);
}

/**
 * In report mode the request goes on as it came, but for the identity headers, which only a verified token may set. A defect of ours
 * is no finding about the request: it ends it in every mode.
 */
function refuse(
  policy: CompiledPolicy,
  facts: RequestFacts,
  mode: Mode,
  { denial, token, evidence, requirements }: Judgement & { readonly denial: Denial },
  judged: HeaderChanges = {},
): Decision {
  if (mode === "enforce" || denial.reason === "internal_error") {
    return createDeny(denial, evidence, createReply(policy, facts, requirements));
  }
  const propagated = propagateClaims(policy, token);
  const identity = isDenial(propagated) ? clearIdentity(policy) : propagated.headers;
  const withheld: HeaderChanges = policy.forwardsToken ? {} : { authorization: [] };
  return createAllow({ headers: { ...identity, ...withheld, ...judged } }, evidence, denial);
}
