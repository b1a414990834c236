import { describeClaim, showValue } from "../detail/describe-claim.ts";
import { andNearMiss } from "../detail/near-miss.ts";
import { listValues, quoteValue } from "../detail/quote-value.ts";
import { hasValue } from "../json/claim-value.ts";
import { isJsonObject, type JsonObject, type JsonValue, roundNumber } from "../json/json.ts";
import { type ClaimReference, readClaim } from "../model/claim-reference.ts";
import { type Denial, deny } from "../model/denial.ts";
import { listEntries, tenantOf } from "../model/issuer-template.ts";
import type { CompiledIssuer, IssuerTemplate, Requirements } from "../model/policy.ts";
import { PASSED, type Result } from "../model/result.ts";
import type { JoseHeader } from "../model/token.ts";
import { isOpen } from "./alternatives.ts";
import { checkCondition, describeMissing, NO_REQUEST } from "./condition.ts";
import { checkTypes } from "./registered-claims.ts";

/** The last second of the year 9999. If a NumericDate is after the year 9999, it is most likely in milliseconds. */
const MAX_NUMERIC_DATE = 253_402_300_799;
/** The year 2000 in milliseconds. If a token's time is in seconds, the time is less than this number. */
const MIN_MILLISECONDS = 946_684_800_000;

/** A token, and the values that the checks compare the token's claims with. */
interface Checked {
  readonly issuer: CompiledIssuer;
  readonly requirements: Requirements;
  /** The token's `typ`, in lower case and without `application/`. */
  readonly type: string | undefined;
  readonly claims: JsonObject;
  readonly nowSeconds: number;
}

type Validated = Result<undefined, Denial>;

/** The checks run in the order of this list. The first check that fails gives the reason. */
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
  return runChecks({ issuer, requirements, type: normalizeType(joseHeader.typ), claims, nowSeconds }).outcome;
}

/**
 * Goes through the issuer's entries that the rule accepts, and chooses the entry whose conditions the token meets. If
 * the token meets no entry, the reason comes from the entry for which the token passes the most checks.
 *
 * @param issuer the first entry.
 */
export function chooseEntry(
  issuer: CompiledIssuer,
  requirements: Requirements,
  joseHeader: JoseHeader,
  claims: JsonObject,
  nowSeconds: number,
): { readonly entry: CompiledIssuer; readonly valid: Validated } {
  const type = normalizeType(joseHeader.typ);
  const none = deny({ reason: "internal_error", detail: "the rule accepts no entry of the issuer" });
  let best = { entry: issuer, valid: none, passed: -1 };
  for (const entry of listEntries(issuer)) {
    if (requirements.accept.has(entry.id)) {
      const { outcome, passed } = runChecks({ issuer: entry, requirements, type, claims, nowSeconds });
      if (outcome.ok) {
        return { entry, valid: PASSED };
      }
      best = passed > best.passed ? { entry, valid: outcome, passed } : best;
    }
  }
  return best;
}

/** @returns the result of the checks, and how many checks passed. */
function runChecks(checked: Checked): { readonly outcome: Validated; readonly passed: number } {
  let passed = 0;
  for (const check of CHECKS) {
    const outcome = check(checked);
    if (!outcome.ok) {
      return { outcome, passed };
    }
    passed += 1;
  }
  return { outcome: PASSED, passed };
}

function validateType({ issuer: { tokenTypes }, type }: Checked): Validated {
  if (tokenTypes === undefined || (type !== undefined && tokenTypes.has(type))) {
    return PASSED;
  }
  return deny({ reason: "token_type_mismatch", detail: describeType(type, tokenTypes) });
}

function validateAudience(checked: Checked): Validated {
  const { issuer, requirements, claims } = checked;
  return requirements.alternatives.some((alternative) => isOpen(issuer, alternative, claims))
    ? PASSED
    : deny({ reason: "audience_mismatch", detail: describeAudience(checked) });
}

/** Every claim in the issuer's conditions must have a value, unless its condition says otherwise. */
function validatePresence({ issuer, claims }: Checked): Validated {
  if (claims.exp === undefined) {
    return missing("exp");
  }
  if (claims.iat === undefined && needsIssueTime(issuer)) {
    return missing("iat");
  }
  for (const { claim, absent } of issuer.conditions) {
    const value = readClaim(claims, claim);
    if (absent === "refused" && !hasValue(value)) {
      return value === undefined
        ? deny({
            reason: "claim_missing",
            detail: `claim "${claim.text}" is required: ${describeClaim(claims, claim)}`,
          })
        : deny({ reason: "claim_missing", detail: describeMissing(claim, claims) });
    }
  }
  return PASSED;
}

/** The issuer's conditions decide whether a token is meant for this API at all, so a rule cannot replace them. */
function validateConditions({ issuer, claims }: Checked): Validated {
  for (const condition of issuer.conditions) {
    const met = checkCondition(condition, claims, NO_REQUEST);
    if (!met.ok) {
      return invalid(met.failure());
    }
  }
  return PASSED;
}

/**
 * A token with `cnf` is bound to a key (RFC 7800, RFC 9449 section 7.2). A client that sends a bound token as a bearer
 * token has most likely stolen the token.
 */
function validateBinding({ issuer: { acceptsBoundTokens }, claims: { cnf } }: Checked): Validated {
  if (cnf === undefined || (acceptsBoundTokens && isJsonObject(cnf))) {
    return PASSED;
  }
  return invalid(
    acceptsBoundTokens
      ? `cnf is not an object: it is ${showValue("cnf", cnf)}`
      : "cnf binds the token to a key, and the plugin does not check who has the key",
  );
}

/** Anyone can register a tenant, so the tenant claim must match the tenant in `iss`. */
function validateTenant({ issuer: { template, tenant }, claims }: Checked): Validated {
  return template && readClaim(claims, tenant) !== tenantOf(template, String(claims.iss))
    ? invalid(describeTenant(template, tenant, claims))
    : PASSED;
}

/** Skips claims that are not numbers: {@link validateTypes} rejects them. */
function validateTimes({ issuer, claims, nowSeconds }: Checked): Validated {
  const nbf = roundNumber(claims.nbf);
  const iat = roundNumber(claims.iat);
  const exp = roundNumber(claims.exp);
  const { clockSkewSeconds: skew, maxTokenAgeSeconds: maxAge = Number.POSITIVE_INFINITY } = issuer;
  if (typeof nbf === "number" && nowSeconds + skew < nbf) {
    return deny({ reason: "token_not_yet_valid", detail: describeFuture("nbf", nbf, nowSeconds, issuer) });
  }
  if (typeof iat === "number" && nowSeconds + skew < iat) {
    return deny({ reason: "token_not_yet_valid", detail: describeFuture("iat", iat, nowSeconds, issuer) });
  }
  if (typeof exp === "number" && nowSeconds - skew >= exp) {
    return deny({ reason: "token_expired", detail: `exp lies in the past: ${describeTime(exp, nowSeconds, issuer)}` });
  }
  return typeof iat === "number" && nowSeconds - skew >= iat + maxAge
    ? deny({
        reason: "token_too_old",
        detail: `iat is ${maxAge} s ago or more: ${describeTime(iat, nowSeconds, issuer)}; max_token_age is ${maxAge} s`,
      })
    : PASSED;
}

function needsIssueTime({ maxTokenAgeSeconds, maxTokenLifetimeSeconds }: CompiledIssuer): boolean {
  return maxTokenAgeSeconds !== undefined || maxTokenLifetimeSeconds !== undefined;
}

/** The policy limits the lifetime of tokens, because a token that is valid for years is as dangerous as a password. */
function validateLifetime({ issuer, claims: { exp, iat } }: Checked): Validated {
  const { maxTokenLifetimeSeconds: longest = Number.POSITIVE_INFINITY } = issuer;
  const lifetime = toSeconds(exp) - toSeconds(iat);
  return lifetime > longest
    ? invalid(`exp is more than ${longest} s after iat: ${Math.round(lifetime)} s; max_token_lifetime is ${longest} s`)
    : PASSED;
}

function missing(claim: string): Result<never, Denial> {
  return deny({ reason: "claim_missing", detail: `claim "${claim}" is required: no claim ${claim}` });
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
      return invalid(`${name} is not a time in seconds since 1970${hint}: it is ${showValue(name, value)}`);
    }
  }
  const typed = checkTypes(type, claims);
  if (!typed.ok) {
    return invalid(typed.failure);
  }
  return toSeconds(iat) > toSeconds(exp)
    ? invalid(`iat is after exp: ${toSeconds(iat)} is after ${toSeconds(exp)}`)
    : PASSED;
}

/** Returns NaN for an absent time, because every comparison with NaN is false. */
function toSeconds(time: JsonValue | undefined): number {
  return roundNumber(time) ?? Number.NaN;
}

/** For `typ`, upper and lower case are equal, and `application/` may be left out (RFC 7515 section 4.1.9). */
export function normalizeType(typ: string | undefined): string | undefined {
  const lower = typ?.toLowerCase();
  return lower?.startsWith("application/") ? lower.slice("application/".length) : lower;
}

function describeType(type: string | undefined, accepted: ReadonlySet<string>): string {
  return `typ must be ${[...accepted].join(" or ")}: ${type === undefined ? "the token has no typ" : `it is ${quoteValue(type)}`}`;
}

function describeAudience({ issuer, requirements: { alternatives }, claims }: Checked): string {
  const accepted = new Set(
    alternatives.flatMap(({ accept, audiences }) =>
      accept.has(issuer.id) ? [...(audiences ?? issuer.audiences)] : [],
    ),
  );
  const aud = readClaim(claims, issuer.audience);
  const { text } = issuer.audience;
  const expected = `accepted: ${listValues(accepted)}`;
  if (aud === undefined) {
    return `the token has no ${text}: ${describeClaim(claims, issuer.audience)}; ${expected}`;
  }
  const hint = typeof aud === "string" ? andNearMiss(aud, accepted) : "";
  return `${text} contains no audience that the rule accepts: it is ${showValue(text, aud)}; ${expected}${hint}`;
}

function describeTenant(template: IssuerTemplate, tenant: ClaimReference, claims: JsonObject): string {
  const named = quoteValue(tenantOf(template, String(claims.iss)));
  return `${tenant.text} must be the tenant in iss: ${describeClaim(claims, tenant)}, expected ${named}`;
}

/** Describes a time of the token, and how far this time is from now. */
function describeTime(time: number, nowSeconds: number, { clockSkewSeconds }: CompiledIssuer): string {
  const distance = Math.abs(nowSeconds - time);
  const when = time > nowSeconds ? `in ${formatSeconds(distance)} s` : `${formatSeconds(distance)} s ago`;
  const date = isNumericDate(time) ? ` (${new Date(time * 1000).toISOString().slice(0, 19)}Z)` : "";
  return `${time}${date}, ${when}; clock_skew is ${clockSkewSeconds} s`;
}

function describeFuture(claim: string, time: number, nowSeconds: number, issuer: CompiledIssuer): string {
  return isInMilliseconds(time)
    ? `${claim} lies in the future: it is in milliseconds: ${time}`
    : `${claim} lies in the future: ${describeTime(time, nowSeconds, issuer)}`;
}

/** The text shows fractions of a second only near the limit of a check, because fractions matter only there. */
function formatSeconds(seconds: number): string {
  return String(seconds < 10 ? Math.round(seconds * 1000) / 1000 : Math.round(seconds));
}

function isInMilliseconds(value: JsonValue): boolean {
  const time = toSeconds(value);
  return time >= MIN_MILLISECONDS && time <= MAX_NUMERIC_DATE * 1_000;
}

function isNumericDate(value: JsonValue): boolean {
  const time = toSeconds(value);
  return time >= 0 && time <= MAX_NUMERIC_DATE;
}
