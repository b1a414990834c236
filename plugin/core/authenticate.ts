import { authorize } from "./access/authorize.ts";
import { validateClaims } from "./access/claims.ts";
import type { CallerSource } from "./model/caller.ts";
import type { Evidence, Judgement } from "./model/decision.ts";
import { type Denial, isDenial } from "./model/denial.ts";
import type { KeySource } from "./model/key.ts";
import type { CompiledPolicy } from "./model/policy.ts";
import type { RequestFacts } from "./model/request.ts";
import type { Credential } from "./model/token.ts";
import type { Match } from "./request/match.ts";
import { checkOrigin } from "./request/origin.ts";
import { decodeToken } from "./token/decode.ts";
import { extractToken } from "./token/extract.ts";
import { findKey, selectIssuer } from "./token/key.ts";
import { verifySignature } from "./token/verify.ts";
import { identify } from "./upstream/identity.ts";

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
  credentials: readonly Credential[] | Denial,
  { requirements, segments }: Match,
  { keys, callers, now }: Ports,
  matched: Evidence,
): Promise<Judgement> {
  let evidence = matched;
  const deny = (denial: Denial): Judgement => ({ denial, requirements, evidence });

  const sent = isDenial(credentials) ? credentials : extractToken(credentials, policy.maxTokenBytes);
  if (isDenial(sent)) {
    return deny(sent);
  }
  const foreign = checkOrigin(sent.credential, facts);
  if (foreign) {
    return deny(foreign);
  }
  const decoded = decodeToken(sent.token);
  if (isDenial(decoded)) {
    return deny(decoded);
  }
  const { joseHeader, unverifiedIssuer } = decoded;
  evidence = { ...evidence, kid: joseHeader.kid };
  const selected = selectIssuer(policy, requirements, joseHeader, unverifiedIssuer);
  if (isDenial(selected)) {
    return deny(selected);
  }
  const { issuer } = selected;
  evidence = { ...evidence, issuer: issuer.id };
  const located = await findKey(keys, issuer, joseHeader, unverifiedIssuer);
  if (isDenial(located)) {
    return deny(located);
  }
  const signed = await verifySignature(decoded, located.key, facts.client);
  if (isDenial(signed)) {
    return deny(signed);
  }
  const { claims } = signed;
  const nowSeconds = now();
  const invalid = validateClaims(issuer, requirements, joseHeader, claims, nowSeconds);
  if (invalid) {
    return deny(invalid);
  }
  const denial = authorize(issuer, requirements, claims, { segments, headers: facts.headers }, nowSeconds);
  const verified = { claims, payload: decoded.payload, sent };
  if (denial && requirements.mode === "enforce") {
    return { denial, verified, evidence };
  }
  const caller = await identify(policy.identity, claims, issuer.id, callers);
  return caller && isDenial(caller)
    ? { denial: denial ?? caller, verified, evidence }
    : { denial, verified, caller, evidence };
}
