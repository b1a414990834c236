import { describeClaim, describeObstacle, showValue } from "../detail/describe-claim.ts";
import { andNearMiss } from "../detail/near-miss.ts";
import { listValues, quoteValue } from "../detail/quote-value.ts";
import { hasValue } from "../json/claim-value.ts";
import { InexactNumber, type JsonObject, type JsonValue } from "../json/json.ts";
import { type ClaimReference, findObstacle, readClaim } from "../model/claim-reference.ts";
import type { ClaimTest, Condition, PlainTest, Scalar } from "../model/policy.ts";
import { fail, PASSED, type Result } from "../model/result.ts";

/** A string longer than this limit matches no pattern. */
const MAX_MATCHED_LENGTH = 256;

/** The parts of a request with which a condition can compare a claim. */
export interface ComparedRequest {
  /** Segments of the request's path; empty if the rule does not decide by path. */
  readonly segments: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
}

/** A request without content, for conditions that do not compare a claim with the request. */
export const NO_REQUEST: ComparedRequest = { segments: [], headers: new Map() };

/**
 * Describes a failed check. Most failures are never described, because the token may meet another alternative of the
 * rule.
 */
export type Describe = () => string;

/** Checks one claim. The failure says why the condition is not met: the claim's value, and what it must be. */
export function checkCondition(
  { claim, absent, tests }: Condition,
  claims: JsonObject,
  request: ComparedRequest,
): Result<undefined, Describe> {
  const value = readClaim(claims, claim);
  if (!hasValue(value)) {
    return absent === "refused" ? fail(() => describeMissing(claim, claims)) : checkAbsent(claims, claim);
  }
  if (absent === "required") {
    return fail(() => `claim "${claim.text}" must be absent, but it is ${showValue(claim.text, value)}`);
  }
  const failed = tests.find((test) => !holds(test, value, request));
  return failed ? fail(() => describeFailed(claim, value, failed, request)) : PASSED;
}

/** If a claim may exist but cannot be read, the claim does not count as absent. */
function checkAbsent(claims: JsonObject, claim: ClaimReference): Result<undefined, Describe> {
  const obstacle = findObstacle(claims, claim);
  return obstacle ? fail(() => `claim "${claim.text}" cannot be read: ${describeObstacle(obstacle)}`) : PASSED;
}

export function describeMissing(claim: ClaimReference, claims: JsonObject): string {
  const value = readClaim(claims, claim);
  return value === undefined
    ? `claim "${claim.text}" is missing: ${describeClaim(claims, claim)}`
    : `claim "${claim.text}" has no value: it is ${showValue(claim.text, value)}`;
}

function describeFailed(claim: ClaimReference, value: JsonValue, test: ClaimTest, request: ComparedRequest): string {
  const name = test.is === "not" ? `not ${test.test.is}` : test.is;
  const shown = test.is === "equals_header" ? "" : `it is ${showValue(claim.text, value)}, and `;
  return `claim "${claim.text}" does not meet ${name}: ${shown}${describeTest(test, value, request)}`;
}

/**
 * Describes the value that the claim must have. The value of a request header is not shown, because it may be a secret,
 * such as a CSRF token.
 */
function describeTest(test: ClaimTest, value: JsonValue, { segments, headers }: ComparedRequest): string {
  switch (test.is) {
    case "not":
      return isJudged(test.test, value)
        ? `must not pass the test ${test.test.is}`
        : "the test does not apply to a value of this type";
    case "equals":
      return `must be ${showScalar(test.value)}${hintAtType(value, test.value)}`;
    case "one_of":
      return `must be one of ${listScalars(test.values)}`;
    case "contains_any":
      return `must contain one of ${listScalars(test.values)}${hintAtList(value)}`;
    case "contains_all":
      return `must contain all of ${listScalars(test.values)}${hintAtList(value)}`;
    case "matches":
      return `must match ${quoteValue(test.pattern.source)}${hintAtLength(value)}`;
    case "min":
      return `must be a number of at least ${test.bound}`;
    case "max":
      return `must be a number of at most ${test.bound}`;
    case "equals_path":
      return `must be segment ${test.segment + 1} of the path, ${quoteValue(segments[test.segment] ?? "")}`;
    case "equals_header":
      return headers.has(test.header)
        ? `the header ${test.header} has another value`
        : `the request has no header ${test.header}`;
  }
}

function showScalar(value: Scalar): string {
  return typeof value === "string" ? quoteValue(value) : String(value);
}

function listScalars(values: ReadonlySet<Scalar>): string {
  return listValues([...values].map(String));
}

function hintAtType(value: JsonValue, wanted: Scalar): string {
  const isAlike = typeof value !== typeof wanted && typeof value !== "object" && String(value) === String(wanted);
  if (isAlike) {
    return `, as a ${typeof wanted} and not a ${typeof value}`;
  }
  if (Array.isArray(value) && value.includes(wanted)) {
    return "; the claim is a list: use contains_any";
  }
  return typeof value === "string" && typeof wanted === "string" ? andNearMiss(value, [wanted]) : "";
}

function hintAtList(value: JsonValue): string {
  return Array.isArray(value) ? "" : "; the claim is not a list";
}

function hintAtLength(value: JsonValue): string {
  return typeof value === "string" && value.length > MAX_MATCHED_LENGTH
    ? `; strings of more than ${MAX_MATCHED_LENGTH} characters match no pattern`
    : "";
}

/**
 * Types are never converted: the number 1 does not equal the string "1". A number never passes only because it was
 * rounded.
 */
function holds(test: ClaimTest, value: JsonValue, request: ComparedRequest): boolean {
  switch (test.is) {
    case "not":
      return isJudged(test.test, value) && !holds(test.test, value, request);
    case "equals":
      return value === test.value;
    case "one_of":
      return test.values.has(value as Scalar);
    case "contains_any":
      return Array.isArray(value) && value.some((item) => test.values.has(item));
    case "contains_all":
      return Array.isArray(value) && [...test.values].every((item) => value.includes(item));
    case "matches":
      return typeof value === "string" && value.length <= MAX_MATCHED_LENGTH && test.pattern.test(value);
    case "min":
      return value instanceof InexactNumber
        ? value.rounded > test.bound
        : typeof value === "number" && value >= test.bound;
    case "max":
      return value instanceof InexactNumber
        ? value.rounded < test.bound
        : typeof value === "number" && value <= test.bound;
    case "equals_path":
      return value === request.segments[test.segment];
    case "equals_header":
      return value === request.headers.get(test.header);
  }
}

/**
 * Whether the test applies to a value of this type. Without this check of the type, `not: {equals: admin}` would accept
 * the list `[admin]`, and some upstreams read `[admin]` as the text `admin`.
 */
function isJudged(test: PlainTest, value: JsonValue): boolean {
  switch (test.is) {
    case "equals":
      return typeof value === typeof test.value;
    case "one_of":
      return hasTypeOf(test.values, value);
    case "contains_any":
    case "contains_all":
      return Array.isArray(value) && value.every((item) => hasTypeOf(test.values, item));
    case "matches":
      return typeof value === "string" && value.length <= MAX_MATCHED_LENGTH;
    case "min":
    case "max":
      return typeof value === "number";
    case "equals_path":
    case "equals_header":
      return false; // The compiler rejects `not` with these two tests, because the client chooses path and headers.
  }
}

function hasTypeOf(values: ReadonlySet<Scalar>, value: JsonValue): boolean {
  return [...values].some((known) => typeof known === typeof value);
}
