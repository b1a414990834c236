import { authorize } from "./access/authorize.ts";
import { findValidity } from "./access/find-validity.ts";
import { readSubject } from "./access/numeric-subject.ts";
import { chooseEntry } from "./access/validate-claims.ts";
import type { CallerSource } from "./model/caller.ts";
import { type Evidence, intersect, type Judgement, type Trace, type Validity } from "./model/decision.ts";
import { type Denial, deny } from "./model/denial.ts";
import { listEntries } from "./model/issuer-template.ts";
import type { KeySource } from "./model/key.ts";
import type { CompiledPolicy } from "./model/policy.ts";
import type { RequestFacts } from "./model/request.ts";
import type { Result } from "./model/result.ts";
import type { Credential, SentToken, TokenRefusals } from "./model/token.ts";
import type { Match } from "./request/match-rule.ts";
import { checkOrigin } from "./request/origin.ts";
import { checkRefused } from "./token/check-refused.ts";
import { checkSource } from "./token/check-source.ts";
import { decodeToken } from "./token/decode-token.ts";
import { extractToken } from "./token/extract-token.ts";
import { describeSource } from "./token/find-credentials.ts";
import { findKey, selectIssuer } from "./token/find-key.ts";
import { verifySignature } from "./token/verify-signature.ts";
import { identify } from "./upstream/identify-caller.ts";

/** The request, and the policy that applies to it. */
export interface Asked {
  readonly policy: CompiledPolicy;
  readonly facts: RequestFacts;
}

/** Everything that the pipeline needs besides the request. */
export interface Ports {
  readonly keys: KeySource;
  readonly callers: CallerSource;
  readonly now: () => number;
  readonly trace: Trace;
  readonly refusals: TokenRefusals;
}

/** Passes the request's token through all stages. The first stage that fails gives the reason. */
export async function authenticate(
  { policy, facts }: Asked,
  credentials: Result<readonly Credential[], Denial>,
  { requirements, segments }: Match,
  { keys, callers, now, trace, refusals }: Ports,
  matched: Evidence,
): Promise<Judgement> {
  let evidence = matched;
  const stop = (outcome: Result<never, Denial>): Judgement => ({ outcome, requirements, evidence });

  const sent = takeToken(credentials, policy, facts);
  if (!sent.ok) {
    return stop(sent);
  }
  trace.source = sent.value.credential.source;
  const decoded = decodeSent(sent.value);
  if (!decoded.ok) {
    return stop(decoded);
  }
  const { joseHeader, unverifiedIssuer, payload } = decoded.value;
  evidence = seenSoFar(matched, joseHeader.kid);
  const selected = selectIssuer(policy, requirements, joseHeader, unverifiedIssuer);
  if (!selected.ok) {
    return stop(selected);
  }
  const first = selected.value;
  evidence = seenSoFar(matched, joseHeader.kid, first.id);
  const source = checkSource(sent.value.credential, listEntries(first));
  if (!source.ok) {
    return stop(source);
  }
  const key = await findKey(keys, first, joseHeader, unverifiedIssuer);
  if (!key.ok) {
    return stop(key);
  }
  const signed = await verifySignature(decoded.value, key.value, facts.client);
  if (!signed.ok) {
    return stop(signed);
  }
  const claims = readSubject(first, signed.value);
  trace.claims = claims;
  const nowSeconds = now();
  const { entry: issuer, valid } = chooseEntry(first, requirements, joseHeader, claims, nowSeconds);
  evidence = seenSoFar(matched, joseHeader.kid, issuer.id);
  if (!valid.ok) {
    return stop(valid);
  }
  const sourceOfEntry = checkSource(sent.value.credential, [issuer]);
  if (!sourceOfEntry.ok) {
    return stop(sourceOfEntry);
  }
  trace.signed = decoded.value.signingInput;
  const unrefused = checkRefused(refusals, decoded.value.signingInput);
  if (!unrefused.ok) {
    return stop(unrefused);
  }
  const authorized = authorize(issuer, requirements, claims, { segments, headers: facts.headers }, nowSeconds);
  const verified = { claims, payload, sent: sent.value };
  if (!authorized.ok && requirements.mode === "enforce") {
    return { outcome: authorized, verified, evidence };
  }
  const validity = authorized.ok
    ? joinValidity(findValidity(issuer, requirements, claims, nowSeconds), keys.validity?.(first))
    : undefined;
  const caller = await identify(policy.identity, claims, issuer.id, callers);
  return caller.ok
    ? { outcome: authorized, verified, caller: caller.value, evidence, validity }
    : { outcome: authorized.ok ? caller : authorized, verified, evidence };
}

/** The function uses no object spread, because three spreads cost as much as checking the claims. */
function seenSoFar({ policy, rule }: Evidence, kid: string | undefined, issuer?: string): Evidence {
  return { policy, rule, kid, issuer };
}

/** Extracts the request's token, and checks that the request's origin may send a token. */
function takeToken(
  credentials: Result<readonly Credential[], Denial>,
  policy: CompiledPolicy,
  facts: RequestFacts,
): Result<SentToken, Denial> {
  const sent = credentials.ok
    ? extractToken(credentials.value, policy.maxTokenBytes, policy.tokenSources)
    : credentials;
  const origin = sent.ok ? checkOrigin(sent.value.credential, facts) : sent;
  return origin.ok ? sent : origin;
}

/** The failure names the source of the token. */
function decodeSent({ token, credential }: SentToken): ReturnType<typeof decodeToken> {
  const decoded = decodeToken(token);
  if (decoded.ok) {
    return decoded;
  }
  const { reason, detail } = decoded.failure;
  return deny({ reason, detail: `token in ${describeSource(credential.source)}: ${detail}` } as Denial);
}

function joinValidity(ofClaims: Validity | undefined, ofKeys: Validity | undefined): Validity | undefined {
  return ofClaims && ofKeys && intersect(ofClaims, ofKeys);
}
