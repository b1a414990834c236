import { createReply } from "./answer/reply.ts";
import { type Asked, authenticate } from "./authenticate.ts";
import { type CallerIdentity, type CallerSource, NO_CALLERS } from "./model/caller.ts";
import {
  ALWAYS_VALID,
  createAllow,
  createDeny,
  type Decision,
  type Evidence,
  type Known,
  type Trace,
  type UpstreamChanges,
} from "./model/decision.ts";
import type { Denial } from "./model/denial.ts";
import type { KeySource } from "./model/key.ts";
import type { CompiledPolicy, Mode, Requirements } from "./model/policy.ts";
import type { RequestFacts } from "./model/request.ts";
import { NO_REFUSALS, type TokenRefusals } from "./model/token.ts";
import { checkPath, findRule, matchRequest } from "./request/match-rule.ts";
import { judgeOtherAuthentication } from "./request/other-authentication.ts";
import { findCredentials } from "./token/find-credentials.ts";
import { composeUpstream, keepCompared, reportedCredentials, type UpstreamParts } from "./upstream/compose-upstream.ts";
import { forwardToken, withholdTokens } from "./upstream/forward-token.ts";
import { propagateClaims } from "./upstream/map-claims.ts";
import { settleCaller } from "./upstream/settle-caller.ts";

/**
 * Decides one request. The first stage that fails gives the reason. If no stage allows a request, the request is
 * denied. In report mode, the stages decide in the same way, but a denied request passes, and the reason goes to the
 * log.
 *
 * @param now returns seconds since the epoch. The function calls `now` once, after the signature is verified, because
 * waiting for a key takes time.
 * @param callers answers questions about Kong's callers. The function asks about other plugins before it reads the
 * token, and about Consumers at the end. It asks a question only if the policy needs the answer.
 * @param trace receives the facts that the decision log and the metrics show in addition to the decision.
 * @param refusals valid tokens that are refused at the moment.
 */
export async function decide(
  facts: RequestFacts,
  policy: CompiledPolicy,
  keys: KeySource,
  now: () => number,
  callers: CallerSource = NO_CALLERS,
  trace: Trace = {},
  refusals: TokenRefusals = NO_REFUSALS,
): Promise<Decision> {
  const request: Request = { policy, facts, callers: askOnce(callers), trace };
  const rule = findRule(policy, facts.binding);
  const path = checkPath(policy, facts);
  if (!rule.ok) {
    // In report mode, a request without a rule passes. But some server may read an ambiguous path as the path of a rule
    // that enforces. So the plugin denies a request with an ambiguous path, although the mode is `report`.
    const { denial, mode } =
      !path.ok && policy.unmatchedMode === "report"
        ? path.failure
        : { denial: rule.failure, mode: policy.unmatchedMode };
    return refuse(request, { mode }, { denial, evidence: { policy: policy.name } });
  }
  const evidence: Evidence = { policy: policy.name, rule: rule.value.id };
  if (!path.ok) {
    return refuse(request, path.failure, { denial: path.failure.denial, evidence });
  }
  const credentials = findCredentials(policy, facts);
  const isBare = credentials.ok && credentials.value.length === 0;
  const match = matchRequest(rule.value, facts, isBare);
  if (!match.ok) {
    return refuse(request, match.failure, { denial: match.failure.denial, evidence });
  }
  const { requirements, isOpen } = match.value;
  const matched: Matched = { mode: requirements.mode, requirements };
  if (isOpen) {
    return pass(request, matched, { evidence, validity: ALWAYS_VALID });
  }
  const other = await judgeOtherAuthentication(requirements, request.callers);
  if (!other.ok) {
    return refuse(request, matched, { denial: other.failure, evidence });
  }
  if (other.value === "sufficient") {
    return pass(request, matched, { evidence }, { credentials: withholdTokens(policy, facts) });
  }
  // An invalid token does not count as anonymous. Only a request without credentials counts as anonymous.
  if (requirements.access === "optional" && isBare) {
    const anonymous = { evidence, validity: ALWAYS_VALID };
    return pass(request, matched, anonymous, { credentials: withholdTokens(policy, facts) });
  }
  const ports = { keys, callers: request.callers, now, trace, refusals };
  const judgement = await authenticate(request, credentials, match.value, ports, evidence);
  const { outcome, verified, caller } = judgement;
  const compared = verified && keepCompared(requirements, facts);
  if (!outcome.ok) {
    // The code uses no object spread here, because one spread costs as much as all stages before it.
    const { requirements: unmet, evidence: seen } = judgement;
    const refused = { denial: outcome.failure, verified, caller, requirements: unmet, evidence: seen };
    return refuse(request, matched, refused, { compared });
  }
  const forwarded = verified && forwardToken(policy, facts, verified.sent);
  return pass(request, matched, judgement, { compared, credentials: forwarded });
}

interface Request extends Asked {
  readonly callers: AskedCallers;
  readonly trace: Trace;
}

interface AskedCallers extends CallerSource {
  /**
   * Whether the plugin asked Kong a question for this decision. Kong's answers are not facts of the request and may
   * change, so a decision that needs them is not reused.
   */
  readonly hasAsked: () => boolean;
}

/** The rule or operation that the request matched. */
interface Matched {
  readonly mode: Mode;
  /** Requirements of the matched rule or operation; undefined if no rule or operation matches. */
  readonly requirements?: Requirements | undefined;
}

type Parts = Pick<UpstreamParts, "compared" | "credentials">;

/** Stores Kong's answer about the credential, because one decision may need the answer twice. */
function askOnce(callers: CallerSource): AskedCallers {
  let credential: Promise<string | undefined> | undefined;
  let hasAsked = false;
  const ask = <T>(answer: T): T => {
    hasAsked = true;
    return answer;
  };
  return {
    findConsumer: (lookup) => ask(callers.findConsumer(lookup)),
    authenticatedCredential() {
      credential ??= callers.authenticatedCredential();
      return ask(credential);
    },
    authenticatedConsumer: () => ask(callers.authenticatedConsumer()),
    hasAsked: () => hasAsked,
  };
}

async function pass(request: Request, matched: Matched, known: Known, parts: Parts = {}): Promise<Decision> {
  request.trace.mode = matched.mode;
  const { verified, caller, evidence, validity } = known;
  const propagated = propagateClaims(request.policy, verified);
  if (!propagated.ok) {
    return refuse(request, matched, { denial: propagated.failure, verified, evidence }, parts);
  }
  const { compared, credentials } = parts;
  const changes = await compose(request, matched, caller, { compared, credentials, mapped: propagated.value });
  return createAllow(changes, evidence, undefined, request.callers.hasAsked() ? undefined : validity);
}

/**
 * In report mode the request passes, but only a verified token sets identity headers and Kong's caller.
 * {@link reportedCredentials} decides which credentials the upstream gets. If the reason is a defect of the plugin, the
 * plugin knows nothing about the request, so it denies the request in every mode.
 */
async function refuse(
  request: Request,
  matched: Matched,
  known: Known & { readonly denial: Denial },
  { compared }: Parts = {},
): Promise<Decision> {
  const { policy, facts, trace } = request;
  trace.mode = matched.mode;
  const { denial, verified, caller, evidence } = known;
  const deny = createDeny(denial, evidence, createReply(policy, facts, known.requirements));
  if (matched.mode === "enforce" || denial.reason === "internal_error") {
    return deny;
  }
  const propagated = propagateClaims(policy, verified);
  const credentials = reportedCredentials(policy, facts, verified);
  const changes = propagated.ok
    ? await compose(request, matched, caller, { compared, credentials, mapped: propagated.value })
    : await compose(request, matched, undefined, { compared, credentials });
  return createAllow(changes, evidence, deny);
}

async function compose(
  { policy, callers }: Request,
  { requirements }: Matched,
  named: CallerIdentity | undefined,
  parts: Omit<UpstreamParts, "caller">,
): Promise<UpstreamChanges> {
  const { mapped, compared, credentials } = parts;
  const caller = await settleCaller(policy, named, requirements, callers);
  return composeUpstream(policy, { mapped, compared, credentials, caller });
}
