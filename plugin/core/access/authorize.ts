import { describeClaim, describeLocations } from "../detail/describe-claim.ts";
import { describeNearMiss } from "../detail/near-miss.ts";
import { limitText, quoteValue } from "../detail/quote-value.ts";
import { type JsonObject, roundNumber } from "../json/json.ts";
import { type NameLocation, parseClaimReference, readClaim, readNames } from "../model/claim-reference.ts";
import { type Denial, deny } from "../model/denial.ts";
import type {
  Alternative,
  AuthenticationRequirement,
  CompiledIssuer,
  Membership,
  Requirements,
} from "../model/policy.ts";
import { fail, PASSED, type Result } from "../model/result.ts";
import { isOpen } from "./alternatives.ts";
import { type ComparedRequest, checkCondition, type Describe } from "./condition.ts";

const ACR = parseClaimReference("acr");
const AMR = parseClaimReference("amr");
const AMR_LOCATION: readonly NameLocation[] = [{ claim: AMR, separator: undefined }];
const AUTH_TIME = parseClaimReference("auth_time");
/** Matches the characters of scopes, and the spaces between scopes (RFC 6749 section 3.3). */
const SCOPE_TEXT = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

/** A line of the log describes at most this many alternatives of a rule. */
const MAX_DESCRIBED = 5;
const MAX_DESCRIPTION = 200;
const MAX_COMPARED_NAMES = 20;

/**
 * Why a token does not meet an alternative. `describe` is a function, because the description is needed only if the token meets
 * no alternative.
 */
interface Unmet {
  readonly denial: Denial;
  readonly describe: Describe;
}

type Checked = Result<undefined, Unmet>;
type Authorized = Result<undefined, Denial>;

/** A token, and the alternative that the token must meet. */
interface Attempt {
  readonly issuer: CompiledIssuer;
  readonly alternative: Alternative;
  readonly claims: JsonObject;
  readonly request: ComparedRequest;
  readonly nowSeconds: number;
}

/** The checks run in the order of this list. The first check that fails gives the reason. */
const CHECKS: readonly ((attempt: Attempt) => Checked)[] = [
  checkScopes,
  ({ issuer, alternative, claims }) => checkNames("role", issuer.roles, alternative.roles, claims),
  ({ issuer, alternative, claims }) => checkNames("group", issuer.groups, alternative.groups, claims),
  checkConditions,
  checkAuthentication,
];

/**
 * Checks a valid token against the rule. The token must meet one alternative of the rule. If the token meets no
 * alternative, the reason comes from the first alternative that accepts the token's issuer and audience.
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
  const unmet: (Unmet | undefined)[] = [];
  for (const alternative of requirements.alternatives) {
    if (!isOpen(issuer, alternative, claims)) {
      unmet.push(undefined);
      continue;
    }
    const checked = checkAlternative({ issuer, alternative, claims, request, nowSeconds });
    if (checked.ok) {
      return PASSED;
    }
    unmet.push(checked.failure);
  }
  const first = unmet.find((failure) => failure !== undefined);
  return first
    ? deny({ ...first.denial, detail: describeUnmet(first, unmet, issuer, requirements) } as Denial)
    : deny({ reason: "internal_error", detail: "no alternative accepts the issuer and audience" });
}

/** Describes for each alternative what the token lacks. */
function describeUnmet(
  first: Unmet,
  all: readonly (Unmet | undefined)[],
  issuer: CompiledIssuer,
  { alternatives }: Requirements,
): string {
  if (all.length === 1) {
    return first.describe();
  }
  const parts = all.slice(0, MAX_DESCRIBED).map((unmet, index) => {
    const isOther = alternatives[index]?.accept.has(issuer.id) === false;
    const why = unmet ? unmet.describe() : `is for other ${isOther ? "issuers" : "audiences"}`;
    return `${index + 1} ${limitText(why, MAX_DESCRIPTION)}`;
  });
  const more = all.length - parts.length;
  return `none of the ${all.length} alternatives is met: ${parts.join("; ")}${more > 0 ? `; and ${more} more` : ""}`;
}

function unmet(denial: Denial, describe: Describe): Checked {
  return fail({ denial, describe });
}

function checkAlternative(attempt: Attempt): Checked {
  for (const check of CHECKS) {
    const authorized = check(attempt);
    if (!authorized.ok) {
      return authorized;
    }
  }
  return PASSED;
}

/**
 * The failure contains a function that describes it. The description is needed only if the token meets no alternative.
 */
function checkScopes({ issuer, alternative: { scopes: wanted }, claims }: Attempt): Checked {
  if (asksNothing(wanted)) {
    return PASSED;
  }
  const scopes = readNames(claims, issuer.scopes, splitScopes);
  const forbidden = findForbidden(wanted, scopes);
  if (forbidden !== undefined) {
    return unmet(
      { reason: "condition_unmet" },
      () => `scope ${forbidden}: ${describeLocations(claims, issuer.scopes)}`,
    );
  }
  const lacking = findLacking(wanted, scopes);
  return lacking === undefined
    ? PASSED
    : unmet(
        { reason: "scope_insufficient", requiredScopes: [...wanted.allOf, ...wanted.anyOf] },
        () =>
          `lacks scope ${lacking}: ${describeLocations(claims, issuer.scopes)}${hintAtSeparator(claims, issuer.scopes)}${hintAtNames(wanted, scopes)}`,
      );
}

/**
 * RFC 6749 allows only spaces between scopes, but an issuer may use a tab or a line end. The plugin rejects a string of
 * scopes that has a tab or a line end.
 */
function splitScopes(text: string): readonly string[] | undefined {
  return SCOPE_TEXT.test(text) ? text.split(" ") : undefined;
}

function hintAtSeparator(claims: JsonObject, locations: readonly NameLocation[]): string {
  const isOtherwise = locations.some(({ claim, separator }) => {
    const value = readClaim(claims, claim);
    return separator === undefined && typeof value === "string" && /[,;\t\n]/.test(value);
  });
  return isOtherwise ? "; scopes are separated by spaces only (RFC 6749), unless the policy names a separator" : "";
}

function checkNames(
  what: "role" | "group",
  locations: readonly NameLocation[],
  wanted: Membership,
  claims: JsonObject,
): Checked {
  if (asksNothing(wanted)) {
    return PASSED;
  }
  const names = readNames(claims, locations);
  const forbidden = findForbidden(wanted, names);
  const lacking = findLacking(wanted, names);
  const missed = forbidden === undefined ? lacking && `lacks ${what} ${lacking}` : `${what} ${forbidden}`;
  return missed === undefined
    ? PASSED
    : unmet(
        { reason: "condition_unmet" },
        () =>
          `${missed}: ${describeLocations(claims, locations)}${forbidden === undefined ? hintAtNames(wanted, names) : ""}`,
      );
}

/** Finds a name in the token that is almost the same as a required name, such as `Admin` and `admin`. */
function hintAtNames({ allOf, anyOf }: Membership, names: ReadonlySet<string> | undefined): string {
  const wanted = [...allOf, ...anyOf].filter((name) => !names?.has(name));
  for (const name of [...(names ?? [])].slice(0, MAX_COMPARED_NAMES)) {
    const difference = describeNearMiss(name, wanted);
    if (difference !== undefined) {
      return `; ${quoteValue(name)} ${difference}`;
    }
  }
  return "";
}

/**
 * Whether the rule requires nothing and excludes nothing. If so, the plugin does not read the claim. This saves time,
 * because most rules have requirements for few claims.
 */
function asksNothing({ allOf, anyOf, noneOf }: Membership): boolean {
  return allOf.length === 0 && anyOf.length === 0 && noneOf.length === 0;
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

function checkConditions({ alternative: { conditions }, claims, request }: Attempt): Checked {
  for (const condition of conditions) {
    const met = checkCondition(condition, claims, request);
    if (!met.ok) {
      return unmet({ reason: "condition_unmet" }, met.failure);
    }
  }
  return PASSED;
}

function checkAuthentication({ issuer, alternative, claims, nowSeconds }: Attempt): Checked {
  const { authentication } = alternative;
  return authentication ? checkLogin(authentication, issuer, claims, nowSeconds) : PASSED;
}

function checkLogin(
  { acrValues, amr: methods, maxAgeSeconds }: AuthenticationRequirement,
  { clockSkewSeconds }: CompiledIssuer,
  claims: JsonObject,
  nowSeconds: number,
): Checked {
  const { acr, auth_time: authTime } = claims;
  const insufficient = (describe: Describe): Checked =>
    unmet({ reason: "authentication_insufficient", acrValues, maxAgeSeconds }, describe);
  if (acrValues.length > 0 && !acrValues.some((value) => value === acr)) {
    return insufficient(() => `acr must be one of ${acrValues.join(" ")}: ${describeClaim(claims, ACR)}`);
  }
  const used = readNames(claims, AMR_LOCATION, () => undefined);
  const unused = methods.filter((method) => !used?.has(method));
  if (unused.length > 0) {
    return insufficient(() => `amr lacks ${unused.join(" ")}: ${describeClaim(claims, AMR)}`);
  }
  if (maxAgeSeconds === undefined) {
    return PASSED;
  }
  const loginTime = roundNumber(authTime);
  if (loginTime === undefined) {
    return insufficient(() => `auth_time must be a number: ${describeClaim(claims, AUTH_TIME)}`);
  }
  const isRecent =
    nowSeconds - clockSkewSeconds < loginTime + maxAgeSeconds && nowSeconds + clockSkewSeconds >= loginTime;
  return isRecent
    ? PASSED
    : insufficient(() => {
        const distance = Math.round(nowSeconds - loginTime);
        const when = distance < 0 ? `in ${-distance} s` : `${distance} s ago`;
        return `auth_time is in the future, or ${maxAgeSeconds} s ago or more: ${loginTime}, ${when}; clock_skew is ${clockSkewSeconds} s`;
      });
}
