import { createReply } from "./answer/reply.ts";
import { type Asked, authenticate } from "./authenticate.ts";
import { type CallerIdentity, type CallerSource, NO_CALLERS } from "./model/caller.ts";
import {
  createAllow,
  createDeny,
  type Decision,
  type Evidence,
  type Judgement,
  type UpstreamChanges,
} from "./model/decision.ts";
import { type Denial, isDenial } from "./model/denial.ts";
import type { KeySource } from "./model/key.ts";
import type { CompiledPolicy, Mode, Requirements } from "./model/policy.ts";
import type { RequestFacts } from "./model/request.ts";
import { checkPath, findRule, matchRequest } from "./request/match.ts";
import { judgeOtherAuthentication } from "./request/other-authentication.ts";
import { findCredentials } from "./token/token-source.ts";
import { composeUpstream, keepCompared, reportedCredentials, type UpstreamParts } from "./upstream/compose-upstream.ts";
import { forwardToken, withholdTokens } from "./upstream/forward.ts";
import { propagateClaims } from "./upstream/propagate.ts";
import { settleCaller } from "./upstream/settle-caller.ts";

/**
 * Decides one request. The first failing stage gives the reason, and a request that no stage allows is denied. Report mode decides in
 * the same way, but a denied request passes and the reason goes to the log.
 *
 * @param now seconds since the epoch, read once after the signature is verified, because waiting for a key takes time.
 * @param callers asked only if the policy needs it: about other plugins before the token is read, about Consumers last.
 */
export async function decide(
  facts: RequestFacts,
  policy: CompiledPolicy,
  keys: KeySource,
  now: () => number,
  callers: CallerSource = NO_CALLERS,
): Promise<Decision> {
  const request: Request = { policy, facts, callers: askOnce(callers) };
  const unmatched: Evidence = { policy: policy.name };
  const rule = findRule(policy, facts.binding);
  const ambiguous = checkPath(policy, facts);
  if (isDenial(rule)) {
    // In report mode the request would pass, but its ambiguous path may still lead to a rule that enforces.
    const { denial, mode } =
      ambiguous && policy.unmatchedMode === "report" ? ambiguous : { denial: rule, mode: policy.unmatchedMode };
    return refuse(request, { mode }, { denial, evidence: unmatched });
  }
  const evidence: Evidence = { ...unmatched, rule: rule.id };
  if (ambiguous) {
    return refuse(request, ambiguous, { denial: ambiguous.denial, evidence });
  }
  const credentials = findCredentials(policy.tokenSources, facts);
  const isBare = !isDenial(credentials) && credentials.length === 0;
  const match = matchRequest(rule, facts, isBare);
  if ("denial" in match) {
    return refuse(request, match, { denial: match.denial, evidence });
  }
  const { requirements } = match;
  const matched: Matched = { mode: requirements.mode, requirements };
  if (match.isOpen) {
    return pass(request, matched, { evidence });
  }
  const other = await judgeOtherAuthentication(requirements, request.callers);
  if (other === "passes") {
    return pass(request, matched, { evidence }, { credentials: withholdTokens(policy, facts) });
  }
  if (other) {
    return refuse(request, matched, { denial: other, evidence });
  }
  // An invalid token does not count as anonymous. Only a request without credentials does.
  if (requirements.access === "optional" && isBare) {
    return pass(request, matched, { evidence }, { credentials: withholdTokens(policy, facts) });
  }
  const judgement = await authenticate(request, credentials, match, { keys, callers: request.callers, now }, evidence);
  const { denial, verified } = judgement;
  const compared = verified && keepCompared(requirements, facts);
  return denial
    ? refuse(request, matched, { ...judgement, denial }, { compared })
    : pass(request, matched, judgement, {
        compared,
        credentials: verified && forwardToken(policy, facts, verified.sent),
      });
}

interface Request extends Asked {
  readonly callers: CallerSource;
}

/** The rule or operation that the request matched. */
interface Matched {
  readonly mode: Mode;
  /** Undefined if no rule or operation matches. */
  readonly requirements?: Requirements | undefined;
}

type Parts = Pick<UpstreamParts, "compared" | "credentials">;

/** Remembers Kong's answer about the credential, because one decision may need it twice. */
function askOnce(callers: CallerSource): CallerSource {
  let credential: Promise<string | undefined> | undefined;
  return {
    findConsumer: (lookup) => callers.findConsumer(lookup),
    authenticatedCredential() {
      credential ??= callers.authenticatedCredential();
      return credential;
    },
    authenticatedConsumer: () => callers.authenticatedConsumer(),
  };
}

async function pass(request: Request, matched: Matched, judgement: Judgement, parts: Parts = {}): Promise<Decision> {
  const { verified, caller, evidence } = judgement;
  const propagated = propagateClaims(request.policy, verified);
  if (isDenial(propagated)) {
    return refuse(request, matched, { denial: propagated, verified, evidence }, parts);
  }
  return createAllow(await compose(request, matched, caller, { ...parts, mapped: propagated.headers }), evidence);
}

/**
 * In report mode the request passes. Even then, only a verified token sets identity headers and Kong's caller, and
 * {@link reportedCredentials} decides about credentials. A defect of the plugin proves nothing about the request, so the request is
 * denied in every mode.
 */
async function refuse(
  request: Request,
  matched: Matched,
  judgement: Judgement & { readonly denial: Denial },
  { compared }: Parts = {},
): Promise<Decision> {
  const { policy, facts } = request;
  const { denial, verified, caller, evidence } = judgement;
  const deny = createDeny(denial, evidence, createReply(policy, facts, judgement.requirements));
  if (matched.mode === "enforce" || denial.reason === "internal_error") {
    return deny;
  }
  const propagated = propagateClaims(policy, verified);
  const credentials = reportedCredentials(policy, facts, verified);
  const changes = isDenial(propagated)
    ? await compose(request, matched, undefined, { compared, credentials })
    : await compose(request, matched, caller, { compared, credentials, mapped: propagated.headers });
  return createAllow(changes, evidence, deny);
}

async function compose(
  { policy, callers }: Request,
  { requirements }: Matched,
  named: CallerIdentity | undefined,
  parts: Omit<UpstreamParts, "caller">,
): Promise<UpstreamChanges> {
  return composeUpstream(policy, { ...parts, caller: await settleCaller(policy, named, requirements, callers) });
}
