import type { Condition, PolicyDocument, RequiredClaims } from "../../../schema/generated/policy-document.ts";
import { quoteText } from "../../core/text/printable.ts";
import { compileClaimPattern } from "../language/claim-pattern.ts";
import type { DocumentPath, Finding } from "../language/finding.ts";
import type { SettledAlternative } from "../requirements/settle-requirements.ts";
import { warn } from "./warn.ts";

type Value = string | number | boolean;
type Issuers = readonly PolicyDocument["issuers"][string][];

const TIMES = ["exp", "nbf", "iat"];
const HEADERS = ["alg", "kid", "typ"];
/** Longer strings match no pattern. */
const MAX_MATCHED = 256;

/** Warns of conditions that no claim can meet. */
export function lintClaims(claims: RequiredClaims, path: DocumentPath): Finding[] {
  return Object.entries(claims).flatMap(([claim, condition]) => {
    const place = [...path, claim];
    return [
      ...lintValues(condition, place),
      ...lintKinds(condition, place),
      ...lintPattern(condition, [...place, "matches"]),
    ];
  });
}

function lintValues(condition: Condition, path: DocumentPath): Finding[] {
  const { equals, one_of: values, not } = condition;
  if (equals !== undefined && values && !values.includes(equals)) {
    const message = `The list does not contain the value ${quoteText(String(equals))} of "equals", so no claim passes. Remove one of the two tests.`;
    return warn("condition_contradiction", [...path, "one_of"], message);
  }
  if (equals !== undefined && not?.equals === equals) {
    return warn(
      "condition_contradiction",
      [...path, "not"],
      `This excludes the value of "equals", so no claim passes. Remove one of the two tests.`,
    );
  }
  const candidates = equals === undefined ? values : [equals];
  const key = equals === undefined ? "one_of" : "equals";
  return candidates && !candidates.some((value) => meetsOthers(value, condition))
    ? warn(
        "condition_contradiction",
        [...path, key],
        "No listed value meets the other tests of the condition, so no claim passes. Remove one of the tests.",
      )
    : [];
}

function meetsOthers(value: Value, { min, max, matches }: Condition): boolean {
  const isInBounds =
    (min === undefined && max === undefined) ||
    (typeof value === "number" && value >= (min ?? value) && value <= (max ?? value));
  const pattern = matches === undefined ? undefined : compileClaimPattern(matches);
  return isInBounds && (!pattern?.ok || (typeof value === "string" && pattern.value.test(value)));
}

function lintKinds(condition: Condition, path: DocumentPath): Finding[] {
  const list = (["contains_any", "contains_all"] as const).find((key) => condition[key] !== undefined);
  const single = (["equals", "one_of", "matches", "min", "max"] as const).find((key) => condition[key] !== undefined);
  const bound = condition.min ?? condition.max;
  if (list && single) {
    return warn(
      "condition_contradiction",
      [...path, list],
      `This test is for lists, and "${single}" is for single values, so no claim passes. Remove one of the two tests.`,
    );
  }
  return condition.matches !== undefined && bound !== undefined
    ? warn(
        "condition_contradiction",
        [...path, "matches"],
        `This test is for strings, and "min" and "max" are for numbers, so no claim passes. Remove one of these tests.`,
      )
    : [];
}

function lintPattern({ matches }: Condition, path: DocumentPath): Finding[] {
  if (matches === undefined) {
    return [];
  }
  const inner = suggestPattern(matches);
  if (inner !== undefined) {
    return warn(
      "pattern_never",
      path,
      `The slashes around the pattern are part of it. Did you mean ${quoteText(inner)}?`,
    );
  }
  const longest = Math.max(...[...matches.matchAll(/\{(\d+)/g)].map(([, count]) => Number(count)));
  return longest > MAX_MATCHED || matches === "" || /\[\^\\(?:s\\S|S\\s|d\\D|w\\W)\]/.test(matches)
    ? warn(
        "pattern_never",
        path,
        `No claim can match this pattern. Strings over ${MAX_MATCHED} characters match no pattern.`,
      )
    : [];
}

/** Removes delimiters that other tools put around a pattern. */
export function suggestPattern(matches: string): string | undefined {
  return /^\/(.+)\/[a-z]*$/.exec(matches)?.[1];
}

/** Compares conditions on registered claims with the other parts of the policy that use the same claims. */
export function lintRegisteredClaims(
  claims: RequiredClaims,
  path: DocumentPath,
  { accept, audiences }: SettledAlternative["keys"],
  { issuers }: PolicyDocument,
): Finding[] {
  const accepted = accept.flatMap((id) => (issuers[id] ? [issuers[id]] : []));
  return Object.entries(claims).flatMap(([claim, condition]): Finding[] => {
    const message = describeMisuse(claim, condition, accepted, audiences);
    return message === undefined ? [] : warn("condition_on_registered_claim", [...path, claim], message, true);
  });
}

function describeMisuse(
  claim: string,
  condition: Condition,
  accepted: Issuers,
  audiences: readonly string[] | undefined,
): string | undefined {
  const hasTests = Object.keys(condition).some((key) => key !== "absent");
  switch (true) {
    case claim === "iss":
      return describeIssuer(condition, accepted);
    case claim === "aud":
      return describeAudience(condition, audiences ?? accepted.flatMap((issuer) => issuer.audiences ?? []));
    case TIMES.includes(claim) && hasTests:
      return `"${claim}" has a different time in each token. Use "max_token_age" or "max_token_lifetime" of the issuer.`;
    case HEADERS.includes(claim):
      return `"${claim}" is in the header of a token, so it is not a claim. Use "token_type" or "algorithms" of the issuer.`;
    case claim === "cnf" &&
      condition.absent === undefined &&
      accepted.every(({ bound_tokens: bound }) => bound !== "accept"):
      return `Tokens with "cnf" are refused, unless the issuer says "bound_tokens: accept".`;
    default:
      return hasTests && accepted.some((issuer) => isScopeClaim(claim, issuer))
        ? `This claim contains the scopes, usually as one string with spaces, so this test rarely passes. Use "required_scopes".`
        : undefined;
  }
}

function isScopeClaim(claim: string, { claims }: Issuers[number]): boolean {
  return [claims.scopes as unknown].flat().includes(claim);
}

function describeIssuer(condition: Condition, accepted: Issuers): string | undefined {
  const wanted = listWanted(condition);
  const isKnown = accepted.some(({ issuer, tenants }) => tenants !== undefined || wanted.includes(issuer));
  return wanted.length > 0 && !isKnown
    ? `No accepted issuer has this "iss", so no token passes. Use "accept" to choose issuers.`
    : undefined;
}

function describeAudience(condition: Condition, audiences: readonly string[]): string | undefined {
  const wanted = listWanted(condition);
  return wanted.length > 0 && !audiences.some((audience) => wanted.includes(audience))
    ? `None of the accepted audiences is among these values, so no token passes. Use "audiences".`
    : undefined;
}

function listWanted({ equals, one_of: values, contains_any: any, contains_all: all }: Condition): readonly Value[] {
  return [...(equals === undefined ? [] : [equals]), ...(values ?? []), ...(any ?? []), ...(all ?? [])];
}
