import { isOpen } from "./alternatives.ts";
import { type ClaimReference, readClaim } from "./claim-reference.ts";
import type { JoseHeader } from "./decode.ts";
import type { Denial } from "./denial.ts";
import { tenantOf } from "./issuer-template.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { CompiledIssuer, Requirements } from "./policy.ts";

/** The last second of the year 9999; a NumericDate beyond it is most likely in milliseconds. */
const MAX_NUMERIC_DATE = 253_402_300_799;
/** The year 2000, in milliseconds: no other unit gives such numbers for the times of tokens. */
const MIN_MILLISECONDS = 946_684_800_000;

/**
 * Validates the registered claims (RFC 7519 section 4.1, RFC 9068 section 4) in the order that the denial table states.
 *
 * @param nowSeconds seconds since the epoch, fractions allowed.
 * @returns undefined when all hold.
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
  for (const reference of issuer.requiredClaims) {
    const value = readClaim(claims, reference);
    if (value === undefined || value === null || value === "") {
      return missing(reference.text);
    }
  }
  return (
    validateTypes(claims) ??
    validateBinding(issuer, claims) ??
    validateTenant(issuer, claims) ??
    validateLifetime(issuer, claims)
  );
}

/** Whoever holds such a token must show a key with it (RFC 7800, RFC 9449 section 7.2): as a mere bearer token it is most likely stolen. */
function validateBinding({ acceptsBoundTokens }: CompiledIssuer, { cnf }: JsonObject): Denial | undefined {
  return cnf === undefined || acceptsBoundTokens
    ? undefined
    : { reason: "claim_invalid", detail: "cnf binds the token to a key, and nobody here checks who has that" };
}

/** Everybody may get a tenant: a token that names two is not believed. */
function validateTenant({ template, tenant }: CompiledIssuer, claims: JsonObject): Denial | undefined {
  return template && readClaim(claims, tenant) !== tenantOf(template, String(claims.iss))
    ? { reason: "claim_invalid", detail: `${tenant.text} is not the tenant that iss names` }
    : undefined;
}

/** Times that are no numbers are for {@link validateTypes} to refuse. */
function validateTimes(issuer: CompiledIssuer, claims: JsonObject, nowSeconds: number): Denial | undefined {
  const { exp, nbf, iat } = claims;
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

/** A token that lives for years is a password; how long is too long only the policy knows. */
function validateLifetime(
  { maxTokenLifetimeSeconds: longest = Number.POSITIVE_INFINITY }: CompiledIssuer,
  { exp, iat }: JsonObject,
): Denial | undefined {
  return Number(exp) - Number(iat) > longest
    ? { reason: "claim_invalid", detail: `exp is more than ${longest} s after iat` }
    : undefined;
}

function missing(claim: string): Denial {
  return { reason: "claim_missing", detail: `claim "${claim}" is required` };
}

/** Registered claims have their registered types, used or not: whoever issues others is not understood. */
function validateTypes(claims: JsonObject): Denial | undefined {
  const { exp, iat } = claims;
  for (const name of ["exp", "nbf", "iat"]) {
    const value = claims[name];
    if (value !== undefined && !isNumericDate(value)) {
      const hint = isInMilliseconds(value) ? ", but in milliseconds" : "";
      return { reason: "claim_invalid", detail: `${name} is not a time in seconds since 1970${hint}` };
    }
  }
  for (const name of ["sub", "jti"]) {
    const value = claims[name];
    if (value !== undefined && typeof value !== "string") {
      return { reason: "claim_invalid", detail: `${name} is not a string` };
    }
  }
  return Number(iat) > Number(exp) ? { reason: "claim_invalid", detail: "iat is after exp" } : undefined;
}

/** RFC 7515 section 4.1.9: compared without case, and `application/` may be left out. */
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
  return typeof value === "number" && value >= MIN_MILLISECONDS && value <= MAX_NUMERIC_DATE * 1_000;
}

function isNumericDate(value: JsonValue): boolean {
  return typeof value === "number" && value >= 0 && value <= MAX_NUMERIC_DATE;
}
