import { type JsonObject, type JsonValue, roundNumber } from "../json/json.ts";
import { type ClaimReference, parseClaimReference, readClaim } from "../model/claim-reference.ts";
import { type Denial, deny } from "../model/denial.ts";
import type {
  Alternative,
  AuthenticationRequirement,
  CompiledIssuer,
  Membership,
  Requirements,
} from "../model/policy.ts";
import { PASSED, type Result } from "../model/result.ts";
import { isOpen } from "./alternatives.ts";
import { type ComparedRequest, checkCondition } from "./condition.ts";
import { describeClaim } from "./describe-claim.ts";

const ACR = parseClaimReference("acr");
const AMR = parseClaimReference("amr");
const AUTH_TIME = parseClaimReference("auth_time");
/** Scope tokens and spaces (RFC 6749 section 3.3). */
const SCOPE_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

type Authorized = Result<undefined, Denial>;

/** A token, and the alternative that it has to meet. */
interface Attempt {
  readonly issuer: CompiledIssuer;
  readonly alternative: Alternative;
  readonly claims: JsonObject;
  readonly request: ComparedRequest;
  readonly nowSeconds: number;
}

/** The checks run in this order. The first check that fails gives the reason. */
const CHECKS: readonly ((attempt: Attempt) => Authorized)[] = [
  checkScopes,
  ({ issuer, alternative, claims }) => checkNames("role", issuer.roles, alternative.roles, claims),
  ({ issuer, alternative, claims }) => checkNames("group", issuer.groups, alternative.groups, claims),
  checkConditions,
  checkAuthentication,
];

/**
 * Checks a valid token against the rule. One alternative must be met. If no alternative is met, the reason comes from the first
 * alternative that accepts the token's issuer and audience.
 *
 * @param nowSeconds since the epoch.
 */
export function authorize(
  issuer: CompiledIssuer,
  requirements: Requirements,
  claims: JsonObject,
  request: ComparedRequest,
  nowSeconds: number,
): Authorized {
  let first: Authorized | undefined;
  for (const alternative of requirements.alternatives) {
    if (!isOpen(issuer, alternative, claims)) {
      continue;
    }
    const authorized = checkAlternative({ issuer, alternative, claims, request, nowSeconds });
    if (authorized.ok) {
      return PASSED;
    }
    first ??= authorized;
  }
  return first ?? deny({ reason: "internal_error", detail: "no alternative accepts the issuer and audience" });
}

function checkAlternative(attempt: Attempt): Authorized {
  for (const check of CHECKS) {
    const authorized = check(attempt);
    if (!authorized.ok) {
      return authorized;
    }
  }
  return PASSED;
}

/** Accepts scopes as a string separated by spaces (RFC 8693 section 4.2), or as a list of strings, which some issuers use. */
function checkScopes({ issuer, alternative: { scopes: wanted }, claims }: Attempt): Authorized {
  if (asksNothing(wanted)) {
    return PASSED;
  }
  const scopes = toNames(splitScopes(readClaim(claims, issuer.scopes)));
  const forbidden = findForbidden(wanted, scopes);
  if (forbidden !== undefined) {
    return deny({ reason: "condition_unmet", detail: `scope ${forbidden}: ${describeClaim(claims, issuer.scopes)}` });
  }
  const lacking = findLacking(wanted, scopes);
  return lacking === undefined
    ? PASSED
    : deny({
        reason: "scope_insufficient",
        requiredScopes: [...wanted.allOf, ...wanted.anyOf],
        detail: `lacks scope ${lacking}: ${describeClaim(claims, issuer.scopes)}`,
      });
}

/** Some issuer may use a tab or a line end as a space. Such a text is not split, so {@link toNames} cannot read it. */
function splitScopes(value: JsonValue | undefined): JsonValue | undefined {
  return typeof value === "string" && SCOPE_TEXT.test(value) ? value.split(" ") : value;
}

function checkNames(what: "role" | "group", claim: ClaimReference, wanted: Membership, claims: JsonObject): Authorized {
  if (asksNothing(wanted)) {
    return PASSED;
  }
  const value = readClaim(claims, claim);
  const names = toNames(typeof value === "string" ? [value] : value);
  const forbidden = findForbidden(wanted, names);
  const lacking = findLacking(wanted, names);
  const unmet = forbidden === undefined ? lacking && `lacks ${what} ${lacking}` : `${what} ${forbidden}`;
  return unmet === undefined
    ? PASSED
    : deny({ reason: "condition_unmet", detail: `${unmet}: ${describeClaim(claims, claim)}` });
}

/** Whether nothing is required. Then the claim need not be read, which is the case for most claims. */
function asksNothing({ allOf, anyOf, noneOf }: Membership): boolean {
  return allOf.length === 0 && anyOf.length === 0 && noneOf.length === 0;
}

/** The names in a claim; undefined when the claim has any other value, because the meaning of that value is unknown. */
function toNames(value: JsonValue | undefined): ReadonlySet<string> | undefined {
  const list = value ?? [];
  return Array.isArray(list) && list.every((item) => typeof item === "string") ? new Set(list) : undefined;
}

function findLacking({ allOf, anyOf }: Membership, names: ReadonlySet<string> | undefined): string | undefined {
  const unmet = allOf.filter((name) => !names?.has(name));
  if (unmet.length > 0) {
    return unmet.join(" ");
  }
  return anyOf.length === 0 || anyOf.some((name) => names?.has(name)) ? undefined : `any of ${anyOf.join(" ")}`;
}

function findForbidden({ noneOf }: Membership, names: ReadonlySet<string> | undefined): string | undefined {
  if (names === undefined) {
    return noneOf.length > 0 ? "cannot be read" : undefined;
  }
  const found = noneOf.find((name) => names.has(name));
  return found && `${found} is excluded`;
}

function checkConditions({ alternative: { conditions }, claims, request }: Attempt): Authorized {
  for (const condition of conditions) {
    const met = checkCondition(condition, claims, request);
    if (!met.ok) {
      return deny({ reason: "condition_unmet", detail: met.failure });
    }
  }
  return PASSED;
}

function checkAuthentication({ issuer, alternative, claims, nowSeconds }: Attempt): Authorized {
  const { authentication } = alternative;
  return authentication ? checkLogin(authentication, issuer, claims, nowSeconds) : PASSED;
}

function checkLogin(
  { acrValues, amr: methods, maxAgeSeconds }: AuthenticationRequirement,
  { clockSkewSeconds }: CompiledIssuer,
  claims: JsonObject,
  nowSeconds: number,
): Authorized {
  const { acr, amr, auth_time: authTime } = claims;
  const insufficient = (detail: string): Authorized =>
    deny({ reason: "authentication_insufficient", acrValues, maxAgeSeconds, detail });
  if (acrValues.length > 0 && !acrValues.some((value) => value === acr)) {
    return insufficient(`acr is none of ${acrValues.join(" ")}: ${describeClaim(claims, ACR)}`);
  }
  const used = toNames(amr);
  const unused = methods.filter((method) => !used?.has(method));
  if (unused.length > 0) {
    return insufficient(`amr lacks ${unused.join(" ")}: ${describeClaim(claims, AMR)}`);
  }
  if (maxAgeSeconds === undefined) {
    return PASSED;
  }
  const loginTime = roundNumber(authTime);
  if (loginTime === undefined) {
    return insufficient(`auth_time must be a number: ${describeClaim(claims, AUTH_TIME)}`);
  }
  const isRecent =
    nowSeconds - clockSkewSeconds < loginTime + maxAgeSeconds && nowSeconds + clockSkewSeconds >= loginTime;
  return isRecent ? PASSED : insufficient(`auth_time is in the future, or ${maxAgeSeconds} s ago or more`);
}
