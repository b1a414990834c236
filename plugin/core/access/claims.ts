import { type ClaimReference, hasValue, readClaim } from "../model/claim-reference.ts";
import type { Denial } from "../model/denial.ts";
import { tenantOf } from "../model/issuer-template.ts";
import type { CompiledIssuer, Requirements } from "../model/policy.ts";
import type { JoseHeader } from "../model/token.ts";
import { isJsonObject, type JsonObject, type JsonValue, roundNumber } from "../text/json.ts";
import { isOpen } from "./alternatives.ts";
import { describeMissing, findUnmet, NO_REQUEST } from "./condition.ts";
import { findMistyped } from "./registered-claims.ts";

/** The last second of the year 9999. A NumericDate beyond it is most likely in milliseconds. */
const MAX_NUMERIC_DATE = 253_402_300_799;
/** The year 2000 in milliseconds. Token times in any other unit are never this large. */
const MIN_MILLISECONDS = 946_684_800_000;

/**
 * Validates the registered claims (RFC 7519 section 4.1, RFC 9068 section 4) in the order of the denial table. Undefined when all are
 * valid.
 *
 * @param nowSeconds seconds since the epoch, fractions allowed.
 */
export function validateClaims(
  issuer: CompiledIssuer,
  requirements: Requirements,
  joseHeader: JoseHeader,
  claims: JsonObject,
  nowSeconds: number,
): Denial | undefined {
  if (issuer.tokenType !== undefined && normalizeType(joseHeader.typ) !== issuer.tokenType) {
    return { reason: "token_type_mismatch", detail: `typ must be "${issuer.tokenType}"` };
  }
  if (!requirements.alternatives.some((alternative) => isOpen(issuer, alternative, claims))) {
    return { reason: "audience_mismatch", detail: audienceDetail(issuer.audience, claims) };
  }
  const late = validateTimes(issuer, claims, nowSeconds);
  if (late) {
    return late;
  }
  if (claims.exp === undefined) {
    return missing("exp");
  }
  if (claims.iat === undefined && needsIssueTime(issuer)) {
    return missing("iat");
  }
  return (
    findMissing(issuer, claims) ??
    validateTypes(normalizeType(joseHeader.typ), claims) ??
    validateBinding(issuer, claims) ??
    validateTenant(issuer, claims) ??
    validateLifetime(issuer, claims) ??
    validateConditions(issuer, claims)
  );
}

/** Every claim that the issuer's conditions name must have a value. */
function findMissing({ conditions }: CompiledIssuer, claims: JsonObject): Denial | undefined {
  for (const { claim } of conditions) {
    const value = readClaim(claims, claim);
    if (!hasValue(value)) {
      return value === undefined
        ? missing(claim.text)
        : { reason: "claim_missing", detail: describeMissing(claim, value) };
    }
  }
  return undefined;
}

/** The issuer's conditions tell whether a token is meant for this API at all, so a rule cannot replace them. */
function validateConditions({ conditions }: CompiledIssuer, claims: JsonObject): Denial | undefined {
  for (const condition of conditions) {
    const unmet = findUnmet(condition, claims, NO_REQUEST);
    if (unmet !== undefined) {
      return { reason: "claim_invalid", detail: unmet };
    }
  }
  return undefined;
}

/** A token with `cnf` is bound to a key (RFC 7800, RFC 9449 section 7.2). Sent as a bearer token, it is most likely stolen. */
function validateBinding({ acceptsBoundTokens }: CompiledIssuer, { cnf }: JsonObject): Denial | undefined {
  if (cnf === undefined || (acceptsBoundTokens && isJsonObject(cnf))) {
    return undefined;
  }
  const detail = acceptsBoundTokens
    ? "cnf is not an object"
    : "cnf binds the token to a key, and nobody here checks who has that";
  return { reason: "claim_invalid", detail };
}

/** Anyone can register a tenant, so the tenant claim must match the tenant in `iss`. */
function validateTenant({ template, tenant }: CompiledIssuer, claims: JsonObject): Denial | undefined {
  return template && readClaim(claims, tenant) !== tenantOf(template, String(claims.iss))
    ? { reason: "claim_invalid", detail: `${tenant.text} is not the tenant that iss names` }
    : undefined;
}

/** Skips claims that are not numbers: {@link validateTypes} rejects them. */
function validateTimes(issuer: CompiledIssuer, claims: JsonObject, nowSeconds: number): Denial | undefined {
  const nbf = roundNumber(claims.nbf);
  const iat = roundNumber(claims.iat);
  const exp = roundNumber(claims.exp);
  const { clockSkewSeconds: skew, maxTokenAgeSeconds: maxAge = Number.POSITIVE_INFINITY } = issuer;
  if (typeof nbf === "number" && nowSeconds + skew < nbf) {
    return { reason: "token_not_yet_valid", detail: `nbf ${describeFuture(nbf)}` };
  }
  if (typeof iat === "number" && nowSeconds + skew < iat) {
    return { reason: "token_not_yet_valid", detail: `iat ${describeFuture(iat)}` };
  }
  if (typeof exp === "number" && nowSeconds - skew >= exp) {
    return { reason: "token_expired" };
  }
  return typeof iat === "number" && nowSeconds - skew >= iat + maxAge
    ? { reason: "token_too_old", detail: `iat is ${maxAge} s ago or more` }
    : undefined;
}

function needsIssueTime({ maxTokenAgeSeconds, maxTokenLifetimeSeconds }: CompiledIssuer): boolean {
  return maxTokenAgeSeconds !== undefined || maxTokenLifetimeSeconds !== undefined;
}

/** A token that is valid for years is as good as a password. The policy sets the limit. */
function validateLifetime(
  { maxTokenLifetimeSeconds: longest = Number.POSITIVE_INFINITY }: CompiledIssuer,
  { exp, iat }: JsonObject,
): Denial | undefined {
  return toSeconds(exp) - toSeconds(iat) > longest
    ? { reason: "claim_invalid", detail: `exp is more than ${longest} s after iat` }
    : undefined;
}

function missing(claim: string): Denial {
  return { reason: "claim_missing", detail: `claim "${claim}" is required` };
}

/** Checks the types of all registered claims, used or not, because upstreams may interpret a wrong type in different ways. */
function validateTypes(type: string | undefined, claims: JsonObject): Denial | undefined {
  const { exp, iat } = claims;
  for (const name of ["exp", "nbf", "iat"]) {
    const value = claims[name];
    if (value !== undefined && !isNumericDate(value)) {
      const hint = isInMilliseconds(value) ? ", but in milliseconds" : "";
      return { reason: "claim_invalid", detail: `${name} is not a time in seconds since 1970${hint}` };
    }
  }
  const mistyped = findMistyped(type, claims);
  if (mistyped !== undefined) {
    return { reason: "claim_invalid", detail: mistyped };
  }
  return toSeconds(iat) > toSeconds(exp) ? { reason: "claim_invalid", detail: "iat is after exp" } : undefined;
}

/** NaN for an absent time, so that every comparison with it is false. */
function toSeconds(time: JsonValue | undefined): number {
  return roundNumber(time) ?? Number.NaN;
}

/** RFC 7515 section 4.1.9: case does not matter, and `application/` may be left out. */
export function normalizeType(typ: string | undefined): string | undefined {
  const lower = typ?.toLowerCase();
  return lower?.startsWith("application/") ? lower.slice("application/".length) : lower;
}

function audienceDetail(audience: ClaimReference, claims: JsonObject): string {
  return readClaim(claims, audience) === undefined
    ? `the token has no ${audience.text}`
    : `${audience.text} holds no audience that the rule accepts`;
}

function describeFuture(time: number): string {
  return isInMilliseconds(time) ? "lies in the future: it is in milliseconds" : "lies in the future";
}

function isInMilliseconds(value: JsonValue): boolean {
  const time = toSeconds(value);
  return time >= MIN_MILLISECONDS && time <= MAX_NUMERIC_DATE * 1_000;
}

function isNumericDate(value: JsonValue): boolean {
  const time = toSeconds(value);
  return time >= 0 && time <= MAX_NUMERIC_DATE;
}
