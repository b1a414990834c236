import { authorize } from "./access/authorize.ts";
import { validateClaims } from "./access/validate-claims.ts";
import type { CallerSource } from "./model/caller.ts";
import type { Evidence, Judgement } from "./model/decision.ts";
import type { Denial } from "./model/denial.ts";
import type { KeySource } from "./model/key.ts";
import type { CompiledPolicy } from "./model/policy.ts";
import type { RequestFacts } from "./model/request.ts";
import type { Result } from "./model/result.ts";
import type { Credential } from "./model/token.ts";
import type { Match } from "./request/match-rule.ts";
import { checkOrigin } from "./request/origin.ts";
import { decodeToken } from "./token/decode-token.ts";
import { extractToken } from "./token/extract-token.ts";
import { findKey, selectIssuer } from "./token/find-key.ts";
import { verifySignature } from "./token/verify-signature.ts";
import { identify } from "./upstream/identify-caller.ts";

/** The request, and the policy that decides about it. */
export interface Asked {
  readonly policy: CompiledPolicy;
  readonly facts: RequestFacts;
}

/** Everything that the pipeline needs besides the request. */
export interface Ports {
  readonly keys: KeySource;
  readonly callers: CallerSource;
  readonly now: () => number;
}

/** Takes the request's one token through every stage. The first stage that fails gives the reason. */
export async function authenticate(
  { policy, facts }: Asked,
  credentials: Result<readonly Credential[], Denial>,
  { requirements, segments }: Match,
  { keys, callers, now }: Ports,
  matched: Evidence,
): Promise<Judgement> {
  let evidence = matched;
  const stop = (outcome: Result<never, Denial>): Judgement => ({ outcome, requirements, evidence });

  const sent = credentials.ok ? extractToken(credentials.value, policy.maxTokenBytes) : credentials;
  if (!sent.ok) {
    return stop(sent);
  }
  const origin = checkOrigin(sent.value.credential, facts);
  if (!origin.ok) {
    return stop(origin);
  }
  const decoded = decodeToken(sent.value.token);
  if (!decoded.ok) {
    return stop(decoded);
  }
  const { joseHeader, unverifiedIssuer, payload } = decoded.value;
  evidence = { ...evidence, kid: joseHeader.kid };
  const selected = selectIssuer(policy, requirements, joseHeader, unverifiedIssuer);
  if (!selected.ok) {
    return stop(selected);
  }
  const issuer = selected.value;
  evidence = { ...evidence, issuer: issuer.id };
  const key = await findKey(keys, issuer, joseHeader, unverifiedIssuer);
  if (!key.ok) {
    return stop(key);
  }
  const signed = await verifySignature(decoded.value, key.value, facts.client);
  if (!signed.ok) {
    return stop(signed);
  }
  const claims = signed.value;
  const nowSeconds = now();
  const valid = validateClaims(issuer, requirements, joseHeader, claims, nowSeconds);
  if (!valid.ok) {
    return stop(valid);
  }
  const authorized = authorize(issuer, requirements, claims, { segments, headers: facts.headers }, nowSeconds);
  const verified = { claims, payload, sent: sent.value };
  if (!authorized.ok && requirements.mode === "enforce") {
    return { outcome: authorized, verified, evidence };
  }
  const caller = await identify(policy.identity, claims, issuer.id, callers);
  return caller.ok
    ? { outcome: authorized, verified, caller: caller.value, evidence }
    : { outcome: authorized.ok ? caller : authorized, verified, evidence };
}
