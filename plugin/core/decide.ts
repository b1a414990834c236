import { type Asked, authenticate, type Judgement } from "./authenticate.ts";
import { createAllow, createDeny, type Decision, type Evidence, type UpstreamChanges } from "./decision.ts";
import { type Denial, isDenial } from "./denial.ts";
import type { SentToken } from "./extract.ts";
import { forwardToken, withholdTokens } from "./forward.ts";
import { type CallerIdentity, type CallerSource, KNOWS_NOBODY, writeIdentityHeaders } from "./identity.ts";
import type { KeySource } from "./key.ts";
import { findRule, matchRequest } from "./match.ts";
import { judgeOtherAuthentication } from "./other-authentication.ts";
import type { CompiledPolicy, Mode, Requirements } from "./policy.ts";
import { clearIdentity, type HeaderChanges, propagateClaims } from "./propagate.ts";
import { createReply } from "./reply.ts";
import type { RequestFacts } from "./request.ts";
import { findCredentials } from "./token-source.ts";

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
  const asked: Asked = { policy, facts };
  const unmatched: Evidence = { policy: policy.name };
  const rule = findRule(policy, facts.binding);
  if (isDenial(rule)) {
    return refuse(asked, policy.unmatchedMode, { denial: rule, evidence: unmatched });
  }
  const evidence: Evidence = { ...unmatched, rule: rule.id };
  const credentials = findCredentials(policy.tokenSources, facts);
  const isBare = !isDenial(credentials) && credentials.length === 0;
  const match = matchRequest(rule, facts, isBare);
  if ("denial" in match) {
    return refuse(asked, match.mode, { denial: match.denial, evidence });
  }
  const { requirements } = match;
  if (match.isOpen) {
    return pass(asked, requirements.mode, { evidence });
  }
  const other = await judgeOtherAuthentication(policy, requirements, callers);
  if (other) {
    return isDenial(other)
      ? refuse(asked, requirements.mode, { denial: other, evidence })
      : createAllow(withIdentity(other.headers, withholdTokens(policy, facts)), evidence);
  }
  // Nothing at all, and not merely nothing good: a bad token is no token, but no free pass either.
  if (requirements.access === "optional" && isBare) {
    return pass(asked, requirements.mode, { evidence }, withholdTokens(policy, facts));
  }
  const judgement = await authenticate(asked, credentials, match, { keys, callers, now }, evidence);
  const judged = judgement.verified ? judgedRequest(asked, requirements, judgement.verified.sent) : UNCHANGED;
  const { denial } = judgement;
  return denial
    ? refuse(asked, requirements.mode, { ...judgement, denial }, judged)
    : pass(asked, requirements.mode, judgement, judged);
}

const UNCHANGED: UpstreamChanges = { headers: {} };

/**
 * What the decision is about, set as it was judged: another plugin may have changed it since the facts were read, and the upstream
 * must not get what nobody looked at.
 */
function judgedRequest({ policy, facts }: Asked, { comparedHeaders }: Requirements, sent: SentToken): UpstreamChanges {
  const { headers, ...changes } = forwardToken(policy, facts, sent);
  const judged = { ...headers };
  for (const { name, spellings } of comparedHeaders) {
    for (const spelling of spellings) {
      judged[spelling] = [];
    }
    judged[name] = facts.headers.get(name) ?? [];
  }
  return { ...changes, headers: judged };
}

function pass(asked: Asked, mode: Mode, judgement: Judgement, judged: UpstreamChanges = UNCHANGED): Decision {
  const { verified, caller, evidence } = judgement;
  const propagated = propagateClaims(asked.policy, verified);
  return isDenial(propagated)
    ? refuse(asked, mode, { denial: propagated, evidence }, judged)
    : createAllow(withCaller(withIdentity(propagated.headers, judged), caller), evidence);
}

function withIdentity(identity: HeaderChanges, changes: UpstreamChanges): UpstreamChanges {
  return { ...changes, headers: { ...identity, ...changes.headers } };
}

/** What Kong is told and what the upstream is told stand and fall together. */
function withCaller(changes: UpstreamChanges, caller: CallerIdentity | undefined): UpstreamChanges {
  return caller ? { ...changes, headers: { ...changes.headers, ...writeIdentityHeaders(caller) }, caller } : changes;
}

/**
 * In report mode the request goes on as it came, but for the identity headers, which only a verified token may set. A defect of ours
 * is no finding about the request: it ends it in every mode.
 */
function refuse(
  { policy, facts }: Asked,
  mode: Mode,
  { denial, verified, caller, evidence, requirements }: Judgement & { readonly denial: Denial },
  judged: UpstreamChanges = UNCHANGED,
): Decision {
  const deny = createDeny(denial, evidence, createReply(policy, facts, requirements));
  if (mode === "enforce" || denial.reason === "internal_error") {
    return deny;
  }
  const propagated = propagateClaims(policy, verified);
  const withheld = policy.forwardHeader === undefined ? withholdTokens(policy, facts) : UNCHANGED;
  const changes = { ...withheld, ...judged, headers: { ...withheld.headers, ...judged.headers } };
  return createAllow(
    isDenial(propagated)
      ? withIdentity(clearIdentity(policy), changes)
      : withCaller(withIdentity(propagated.headers, changes), caller),
    evidence,
    deny,
  );
}
