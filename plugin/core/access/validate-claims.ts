import { hasValue } from "../json/claim-value.ts";
import { isJsonObject, type JsonObject, type JsonValue, roundNumber } from "../json/json.ts";
import { type ClaimReference, readClaim } from "../model/claim-reference.ts";
import { type Denial, deny } from "../model/denial.ts";
import { tenantOf } from "../model/issuer-template.ts";
import type { CompiledIssuer, Requirements } from "../model/policy.ts";
import { PASSED, type Result } from "../model/result.ts";
import type { JoseHeader } from "../model/token.ts";
import { isOpen } from "./alternatives.ts";
import { checkCondition, describeMissing, NO_REQUEST } from "./condition.ts";
import { checkTypes } from "./registered-claims.ts";

/** The last second of the year 9999. A NumericDate beyond it is most likely in milliseconds. */
const MAX_NUMERIC_DATE = 253_402_300_799;
/** The year 2000 in milliseconds. Token times in any other unit are never this large. */
const MIN_MILLISECONDS = 946_684_800_000;

/** A token, and everything that its claims are compared with. */
interface Checked {
  readonly issuer: CompiledIssuer;
  readonly requirements: Requirements;
  /** The token's `typ`, in lower case and without `application/`. */
  readonly type: string | undefined;
  readonly claims: JsonObject;
  readonly nowSeconds: number;
}

type Validated = Result<undefined, Denial>;

/** The checks run in this order. The first check that fails gives the reason. */
const CHECKS: readonly ((checked: Checked) => Validated)[] = [
  validateType,
  validateAudience,
  validateTimes,
  validatePresence,
  validateTypes,
  validateBinding,
  validateTenant,
  validateLifetime,
  validateConditions,
];

/**
 * Validates the registered claims (RFC 7519 section 4.1, RFC 9068 section 4) in the order of the denial table.
 *
 * @param nowSeconds seconds since the epoch, fractions allowed.
 */
export function validateClaims(
  issuer: CompiledIssuer,
  requirements: Requirements,
  joseHeader: JoseHeader,
  claims: JsonObject,
  nowSeconds: number,
): Validated {
  const checked = { issuer, requirements, type: normalizeType(joseHeader.typ), claims, nowSeconds };
  for (const check of CHECKS) {
    const validated = check(checked);
    if (!validated.ok) {
      return validated;
    }
  }
  return PASSED;
}

function validateType({ issuer: { tokenType }, type }: Checked): Validated {
  return tokenType !== undefined && type !== tokenType
    ? deny({ reason: "token_type_mismatch", detail: `typ must be "${tokenType}"` })
    : PASSED;
}

function validateAudience({ issuer, requirements, claims }: Checked): Validated {
  return requirements.alternatives.some((alternative) => isOpen(issuer, alternative, claims))
    ? PASSED
    : deny({ reason: "audience_mismatch", detail: audienceDetail(issuer.audience, claims) });
}

/** Every claim that the issuer's conditions name must have a value. */
function validatePresence({ issuer, claims }: Checked): Validated {
  if (claims.exp === undefined) {
    return missing("exp");
  }
  if (claims.iat === undefined && needsIssueTime(issuer)) {
    return missing("iat");
  }
  for (const { claim } of issuer.conditions) {
    const value = readClaim(claims, claim);
    if (!hasValue(value)) {
      return value === undefined
        ? missing(claim.text)
        : deny({ reason: "claim_missing", detail: describeMissing(claim, value) });
    }
  }
  return PASSED;
}

/** The issuer's conditions decide whether a token is meant for this API at all, so a rule cannot replace them. */
function validateConditions({ issuer, claims }: Checked): Validated {
  for (const condition of issuer.conditions) {
    const met = checkCondition(condition, claims, NO_REQUEST);
    if (!met.ok) {
      return invalid(met.failure);
    }
  }
  return PASSED;
}

/** A token with `cnf` is bound to a key (RFC 7800, RFC 9449 section 7.2). Sent as a bearer token, it is most likely stolen. */
function validateBinding({ issuer: { acceptsBoundTokens }, claims: { cnf } }: Checked): Validated {
  if (cnf === undefined || (acceptsBoundTokens && isJsonObject(cnf))) {
    return PASSED;
  }
  return invalid(
    acceptsBoundTokens
      ? "cnf is not an object"
      : "cnf binds the token to a key, and the plugin does not check who has the key",
  );
}

/** Anyone can register a tenant, so the tenant claim must match the tenant in `iss`. */
function validateTenant({ issuer: { template, tenant }, claims }: Checked): Validated {
  return template && readClaim(claims, tenant) !== tenantOf(template, String(claims.iss))
    ? invalid(`${tenant.text} is not the tenant that iss names`)
    : PASSED;
}

/** Skips claims that are not numbers: {@link validateTypes} rejects them. */
function validateTimes({ issuer, claims, nowSeconds }: Checked): Validated {
  const nbf = roundNumber(claims.nbf);
  const iat = roundNumber(claims.iat);
  const exp = roundNumber(claims.exp);
  const { clockSkewSeconds: skew, maxTokenAgeSeconds: maxAge = Number.POSITIVE_INFINITY } = issuer;
  if (typeof nbf === "number" && nowSeconds + skew < nbf) {
    return deny({ reason: "token_not_yet_valid", detail: `nbf ${describeFuture(nbf)}` });
  }
  if (typeof iat === "number" && nowSeconds + skew < iat) {
    return deny({ reason: "token_not_yet_valid", detail: `iat ${describeFuture(iat)}` });
  }
  if (typeof exp === "number" && nowSeconds - skew >= exp) {
    return deny({ reason: "token_expired" });
  }
  return typeof iat === "number" && nowSeconds - skew >= iat + maxAge
    ? deny({ reason: "token_too_old", detail: `iat is ${maxAge} s ago or more` })
    : PASSED;
}

function needsIssueTime({ maxTokenAgeSeconds, maxTokenLifetimeSeconds }: CompiledIssuer): boolean {
  return maxTokenAgeSeconds !== undefined || maxTokenLifetimeSeconds !== undefined;
}

/** A token that is valid for years is as dangerous as a password. The policy sets the limit. */
function validateLifetime({ issuer, claims: { exp, iat } }: Checked): Validated {
  const { maxTokenLifetimeSeconds: longest = Number.POSITIVE_INFINITY } = issuer;
  return toSeconds(exp) - toSeconds(iat) > longest ? invalid(`exp is more than ${longest} s after iat`) : PASSED;
}

function missing(claim: string): Result<never, Denial> {
  return deny({ reason: "claim_missing", detail: `claim "${claim}" is required` });
}

function invalid(detail: string): Result<never, Denial> {
  return deny({ reason: "claim_invalid", detail });
}

/** Checks the types of all registered claims, used or not, because upstreams may interpret a wrong type in different ways. */
function validateTypes({ type, claims }: Checked): Validated {
  const { exp, iat } = claims;
  for (const name of ["exp", "nbf", "iat"]) {
    const value = claims[name];
    if (value !== undefined && !isNumericDate(value)) {
      const hint = isInMilliseconds(value) ? ", but in milliseconds" : "";
      return invalid(`${name} is not a time in seconds since 1970${hint}`);
    }
  }
  const typed = checkTypes(type, claims);
  if (!typed.ok) {
    return invalid(typed.failure);
  }
  return toSeconds(iat) > toSeconds(exp) ? invalid("iat is after exp") : PASSED;
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
    : `${audience.text} contains no audience that the rule accepts`;
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
