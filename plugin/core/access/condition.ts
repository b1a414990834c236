import { type ClaimReference, hasValue, readClaim } from "../model/claim-reference.ts";
import type { ClaimTest, Condition, Scalar } from "../model/policy.ts";
import { InexactNumber, type JsonObject, type JsonValue } from "../text/json.ts";

/** Longest text that is matched against a pattern. */
const MAX_MATCHED_LENGTH = 256;

/** The parts of a request that claims can be compared with. */
export interface ComparedRequest {
  /** Segments of the path; empty when the rule does not decide by path. */
  readonly segments: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
}

/** For conditions that do not depend on the request. */
export const NO_REQUEST: ComparedRequest = { segments: [], headers: new Map() };

/** Why a claim does not meet its condition, without the claim's value; undefined when it does. */
export function findUnmet(
  { claim, tests }: Condition,
  claims: JsonObject,
  request: ComparedRequest,
): string | undefined {
  const value = readClaim(claims, claim);
  if (!hasValue(value)) {
    return describeMissing(claim, value);
  }
  const failed = tests.find((test) => !holds(test, value, request));
  const hint = value instanceof InexactNumber ? ": the number has more digits than can be compared exactly" : "";
  return failed && `claim "${claim.text}" does not meet ${failed.is}${hint}`;
}

export function describeMissing({ text }: ClaimReference, value: JsonValue | undefined): string {
  return `claim "${text}" ${value === undefined ? "is missing" : "has no value"}`;
}

/** Types are never converted: a number does not equal its text. A number never passes because it was rounded. */
function holds(test: ClaimTest, value: JsonValue, { segments, headers }: ComparedRequest): boolean {
  switch (test.is) {
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
      return value === segments[test.segment];
    case "equals_header":
      return value === headers.get(test.header);
  }
}
