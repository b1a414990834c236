import { authorize } from "./authorize.ts";
import { validateClaims } from "./claims.ts";
import { createAllow, createDeny, type Decision, type Evidence, type UpstreamChanges } from "./decision.ts";
import { decodeToken } from "./decode.ts";
import { type Denial, isDenial } from "./denial.ts";
import { extractToken } from "./extract.ts";
import { type CallerIdentity, type CallerSource, identify, KNOWS_NOBODY, writeIdentityHeaders } from "./identity.ts";
import { findKey, type KeySource, selectIssuer } from "./key.ts";
import { findRule, type Match, matchRequest } from "./match.ts";
import { judgeOtherAuthentication } from "./other-authentication.ts";
import type { CompiledPolicy, Mode, Requirements } from "./policy.ts";
import { clearIdentity, type HeaderChanges, propagateClaims, type VerifiedToken } from "./propagate.ts";
import type { RequestFacts } from "./request.ts";
import { verifySignature } from "./verify.ts";

/**
 * Decides one request: the first failing stage wins, and whatever no stage allows is refused. In report mode everything is judged
 * alike, and what would be refused goes on, with the reason for the log.
 *
 * @param now seconds since the epoch; read once, after the signature held, because waiting for a key takes time.
 * @param callers asked only where the policy needs it: about other plugins before the token is looked at, about Consumers last.
 */
export async function decide(
  facts: RequestFacts,
  policy: CompiledPolicy,
  keys: KeySource,
  now: () => number,
  callers: CallerSource = KNOWS_NOBODY,
): Promise<Decision> {
  const unmatched: Evidence = { policy: policy.name };
  const rule = findRule(policy, facts.binding);
  if (isDenial(rule)) {
    return refuse(policy, policy.unmatchedMode, { denial: rule, evidence: unmatched });
  }
  const evidence: Evidence = { ...unmatched, rule: rule.id };
  const match = matchRequest(rule, facts);
  if (isDenial(match)) {
    return refuse(policy, rule.requirements.mode, { denial: match, evidence });
  }
  const { requirements } = match;
  if (match.isOpen) {
    return pass(policy, requirements.mode, { evidence }, {});
  }
  const other = await judgeOtherAuthentication(policy, requirements, callers);
  if (other) {
    return "reason" in other
      ? refuse(policy, requirements.mode, { denial: other, evidence })
      : createAllow(other, evidence);
  }
  // Nothing at all, and not merely nothing good: a bad token is no token, but no free pass either.
  if (requirements.access === "optional" && facts.authorization === undefined) {
    return pass(policy, requirements.mode, { evidence }, { authorization: [] });
  }
  const judgement = await authenticate(facts, policy, match, { keys, callers, now }, evidence);
  const judged = judgement.token ? judgedHeaders(policy, requirements, facts) : {};
  const { denial } = judgement;
  return denial
    ? refuse(policy, requirements.mode, { ...judgement, denial }, judged)
    : pass(policy, requirements.mode, judgement, judged);
}

/** What came of looking at a request. */
interface Judgement {
  readonly denial?: Denial | undefined;
  /** Present once signature and claims held, be it that the rule then asks for more. */
  readonly token?: VerifiedToken;
  /** Present where the token names somebody to Kong. */
  readonly caller?: CallerIdentity | undefined;
  readonly evidence: Evidence;
}

interface Ports {
  readonly keys: KeySource;
  readonly callers: CallerSource;
  readonly now: () => number;
}

async function authenticate(
  facts: RequestFacts,
  policy: CompiledPolicy,
  { requirements, segments }: Match,
  { keys, callers, now }: Ports,
  matched: Evidence,
): Promise<Judgement> {
  let evidence = matched;
  const deny = (denial: Denial): Judgement => ({ denial, evidence });

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
  const token = { claims, payload: decoded.payload };
  const denial = authorize(issuer, requirements, claims, { segments, headers: facts.headers }, nowSeconds);
  if (denial && requirements.mode === "enforce") {
    return { denial, token, evidence };
  }
  const caller = await identify(policy.identity, claims, issuer.id, callers);
  return caller && isDenial(caller)
    ? { denial: denial ?? caller, token, evidence }
    : { denial, token, caller, evidence };
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

function pass(policy: CompiledPolicy, mode: Mode, judgement: Judgement, judged: HeaderChanges): Decision {
  const { token, caller, evidence } = judgement;
  const propagated = propagateClaims(policy, token);
  return isDenial(propagated)
    ? refuse(policy, mode, { denial: propagated, evidence })
    : createAllow(withCaller({ ...propagated.headers, ...judged }, caller), evidence);
}

/** What Kong is told and what the upstream is told stand and fall together. */
function withCaller(headers: HeaderChanges, caller: CallerIdentity | undefined): UpstreamChanges {
  return caller ? { headers: { ...headers, ...writeIdentityHeaders(caller) }, caller } : { headers };
}

/**
 * In report mode the request goes on as it came, but for the identity headers, which only a verified token may set. A defect of ours
 * is no finding about the request: it ends it in every mode.
 */
function refuse(
  policy: CompiledPolicy,
  mode: Mode,
  { denial, token, caller, evidence }: Judgement & { readonly denial: Denial },
  judged: HeaderChanges = {},
): Decision {
  if (mode === "enforce" || denial.reason === "internal_error") {
    return createDeny(denial, evidence);
  }
  const propagated = propagateClaims(policy, token);
  const withheld: HeaderChanges = policy.forwardsToken ? {} : { authorization: [] };
  const changes = isDenial(propagated)
    ? { headers: { ...clearIdentity(policy), ...withheld, ...judged } }
    : withCaller({ ...propagated.headers, ...withheld, ...judged }, caller);
  return createAllow(changes, evidence, denial);
}
