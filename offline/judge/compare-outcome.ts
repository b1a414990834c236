import type { HeaderChanges } from "../../plugin/core/model/decision.ts";
import type { Expectation } from "../suite/test-case.ts";
import { type DescribedOutcome, outcomeText } from "./describe-outcome.ts";

/** One part of an outcome that differs from the expectation. */
export interface Difference {
  /** The part that differs, such as `decision` or `header x-user-id`. */
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

/** Compares an outcome with an expectation. An empty list means that the test passes. */
export function compareOutcome(expect: Expectation, outcome: DescribedOutcome): readonly Difference[] {
  const decision = compareDecision(expect, outcome);
  // If the decision is wrong, the function reports only the decision, because the wrong decision causes all other
  // differences.
  return decision
    ? [decision]
    : [...compareTexts(expect, outcome), ...compareHeaders(expect, outcome), ...compareCaller(expect, outcome)];
}

function compareDecision(
  { verdict, reason, reported }: Expectation,
  outcome: DescribedOutcome,
): Difference | undefined {
  const isExpected =
    (verdict === undefined || verdict === outcome.verdict) &&
    (reason === undefined || reason === outcome.reason) &&
    (outcome.verdict !== "allow" || verdict === undefined || reported === outcome.reported);
  if (isExpected) {
    return undefined;
  }
  const wanted = [verdict ?? [], reason ?? []].flat().join(", ");
  const expected = reported === undefined ? wanted : `allow in report mode, because of ${reported}`;
  return { what: "decision", expected, actual: outcomeText(outcome) };
}

function compareTexts(expect: Expectation, outcome: DescribedOutcome): readonly Difference[] {
  const differences: Difference[] = [];
  const compare = (what: string, expected: string | number | undefined, actual: string | number | undefined): void => {
    if (expected !== undefined && expected !== actual) {
      differences.push({ what, expected: String(expected), actual: String(actual ?? "none") });
    }
  };
  // Read the status only if the test expects a status, because each read composes the status again.
  if (expect.status !== undefined) {
    compare("status", expect.status, outcome.status);
  }
  compare("stage", expect.stage, outcome.stage);
  compare("rule", expect.rule, outcome.rule);
  compare("issuer", expect.issuer, outcome.issuer);
  const { challenge } = expect;
  if (challenge === undefined) {
    return differences;
  }
  const sent = outcome.challenge ?? "none";
  if (challenge === false ? outcome.challenge !== undefined : !sent.includes(challenge)) {
    differences.push({ what: "challenge", expected: challenge === false ? "none" : challenge, actual: sent });
  }
  return differences;
}

function compareHeaders({ headers, cleared }: Expectation, outcome: DescribedOutcome): readonly Difference[] {
  const set = Object.entries(headers).flatMap(([name, expected]): Difference[] => {
    const actual = outcome.headers?.[name];
    return isSame(actual, expected)
      ? []
      : [{ what: `header ${name}`, expected: headerText(expected), actual: headerText(actual) }];
  });
  const removed = cleared.flatMap((name): Difference[] =>
    isCleared(outcome.headers, name)
      ? []
      : [{ what: `header ${name}`, expected: "cleared", actual: headerText(outcome.headers?.[name]) }],
  );
  return [...set, ...removed];
}

function isSame(actual: string | readonly string[] | undefined, expected: string | readonly string[]): boolean {
  return actual !== undefined && JSON.stringify([actual].flat()) === JSON.stringify([expected].flat());
}

function isCleared(headers: HeaderChanges | undefined, name: string): boolean {
  const value = headers?.[name];
  return Array.isArray(value) && value.length === 0;
}

function headerText(value: string | readonly string[] | undefined): string {
  if (value === undefined) {
    return "unchanged";
  }
  const lines = [value].flat();
  return lines.length === 0 ? "cleared" : lines.map((line) => JSON.stringify(line)).join(", ");
}

function compareCaller(expect: Expectation, { caller }: DescribedOutcome): readonly Difference[] {
  const { consumer, credential, groups } = expect;
  const names = [caller?.consumer?.username ?? [], caller?.consumer?.id ?? []].flat();
  const credentials = [caller?.credentialId ?? []].flat();
  const actual = (caller?.groups ?? []).join(", ");
  return [
    ...compareName("Consumer", consumer, names),
    ...compareName("credential", credential, credentials),
    ...(groups === undefined || groups.join(", ") === actual
      ? []
      : [{ what: "groups", expected: groups.join(", ") || "none", actual: actual || "none" }]),
  ];
}

/** @param expected the expected name. `false` if the outcome must have no name. */
function compareName(
  what: string,
  expected: string | false | undefined,
  names: readonly string[],
): readonly Difference[] {
  const isExpected = expected === undefined || (expected === false ? names.length === 0 : names.includes(expected));
  return isExpected ? [] : [{ what, expected: expected || "none", actual: names[0] ?? "none" }];
}
