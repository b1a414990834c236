import { readClaim } from "./claim-reference.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { ClaimTest, Condition, Scalar } from "./policy.ts";

/** Longest text that is held against a pattern. */
const MAX_MATCHED_LENGTH = 256;

/** The parts of a request that claims can be compared with. */
export interface ComparedRequest {
  /** Of the path; empty when the rule does not decide by it. */
  readonly segments: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
}

/** Why a claim does not meet its condition, without its value; undefined when it does. */
export function findUnmet(
  { claim, tests }: Condition,
  claims: JsonObject,
  request: ComparedRequest,
): string | undefined {
  const value = readClaim(claims, claim);
  if (value === undefined || value === null) {
    return `claim "${claim.text}" is missing`;
  }
  const failed = tests.find((test) => !holds(test, value, request));
  return failed && `claim "${claim.text}" does not meet ${failed.is}`;
}

/** No value is turned into another type: a number is never equal to its text. */
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
      return typeof value === "number" && value >= test.bound;
    case "max":
      return typeof value === "number" && value <= test.bound;
    case "equals_path":
      return value === segments[test.segment];
    case "equals_header":
      return value === headers.get(test.header);
  }
}
