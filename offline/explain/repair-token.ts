import type { JsonObject, JsonValue } from "../../plugin/core/json/json.ts";
import { findText } from "../compare/search/find-text.ts";
import { findToken } from "../compare/search/find-token.ts";
import { type Formula, NEVER, type Requirement } from "../compare/search/formula.ts";
import {
  type CandidateToken,
  type PartName,
  type PartValue,
  TIMES_PART,
  type Times,
  type TokenFrame,
  TYPE_PART,
  usualTimes,
} from "../compare/search/token-space.ts";

/** A token that passes, and how it differs from the token that did not pass. */
export interface Repaired {
  readonly token: CandidateToken;
  /** One line for each change of the token. Values come from the policy and the clock, never from the token. */
  readonly changes: readonly string[];
}

const MAX_CHANGES = 30;
const OTHER_VALUES: readonly PartValue[] = ["another-value", undefined, 0, 1e6, true, false, [], {}];
const TIME_CLAIMS = ["exp", "nbf", "iat"] as const;

/**
 * Finds the fewest changes of a token after which the formula accepts the token. Returns undefined if the search finds
 * no changes that help.
 */
export function repairToken(formula: Formula, token: CandidateToken, frame: TokenFrame): Repaired | undefined {
  const repaired = formula.flatMap((alternative) => repairFor(alternative, token, frame) ?? []);
  return repaired.toSorted((one, other) => one.changes.length - other.changes.length)[0];
}

/**
 * Changes one part of the token at a time. If no single change helps, the function searches for any token that passes,
 * and copies values from that token.
 */
function repairFor(
  alternative: readonly Requirement[],
  start: CandidateToken,
  frame: TokenFrame,
): Repaired | undefined {
  let token = start;
  const changes: string[] = [];
  for (let step = 0; step < MAX_CHANGES; step += 1) {
    const unmet = alternative.filter((requirement) => !requirement.holds(token));
    if (unmet.length === 0) {
      return { token, changes };
    }
    const better = findBetter(alternative, unmet, token, frame);
    if (!better) {
      return replaceParts(alternative, { token, changes }, frame);
    }
    token = better.token;
    changes.push(...better.changes);
  }
  return undefined;
}

function findBetter(
  alternative: readonly Requirement[],
  unmet: readonly Requirement[],
  token: CandidateToken,
  frame: TokenFrame,
): Repaired | undefined {
  const countMet = (one: CandidateToken): number => alternative.filter((requirement) => requirement.holds(one)).length;
  let best: Repaired | undefined;
  let most = countMet(token);
  for (const requirement of unmet) {
    for (const changed of listChanged(requirement, token, frame)) {
      const met = requirement.holds(changed) ? countMet(changed) : 0;
      if (met > most) {
        most = met;
        best = { token: changed, changes: [describeChange(requirement, token, changed)] };
      }
    }
  }
  return best;
}

function replaceParts(
  alternative: readonly Requirement[],
  { token, changes }: Repaired,
  frame: TokenFrame,
): Repaired | undefined {
  const search = findToken([alternative], NEVER, frame);
  if (typeof search === "string") {
    return undefined;
  }
  const { found } = search;
  const merged = { ...found, claims: { ...token.claims, ...found.claims } };
  const whole = [merged, found].find((one) => alternative.every((requirement) => requirement.holds(one)));
  const unmet = alternative.filter((requirement) => !requirement.holds(token));
  return whole && { token: whole, changes: [...changes, ...unmet.map((one) => describeChange(one, token, whole))] };
}

function* listChanged(requirement: Requirement, token: CandidateToken, frame: TokenFrame): Generator<CandidateToken> {
  const { reads, values } = requirement;
  for (const part of reads) {
    if (part === TYPE_PART) {
      yield* values.map((value) => ({ ...token, typ: value as string | undefined }));
    } else if (part === TIMES_PART) {
      yield* listTimes(token, [usualTimes(frame.now), ...(values as readonly Times[])]);
    } else {
      const path = toPath(part);
      yield* listValues(requirement, part, readAt(token.claims, path)).map((value) => ({
        ...token,
        claims: setAt(token.claims, path, value as JsonValue | undefined),
      }));
    }
  }
}

function listValues(
  { names, pattern, values }: Requirement,
  part: PartName,
  known: JsonValue | undefined,
): readonly PartValue[] {
  const text = pattern && !pattern.isRefused ? findText([pattern.regExp], []) : "none";
  return [
    ...(names ? listNames(known, names.names, names.separators.get(part)) : []),
    ...(typeof text === "string" ? [] : [text.found]),
    ...values,
    ...OTHER_VALUES,
  ];
}

/**
 * The first tokens differ in only one time claim, because the user wants to know which time is wrong. The last tokens
 * differ in all time claims.
 */
function* listTimes(token: CandidateToken, times: readonly Times[]): Generator<CandidateToken> {
  for (const changed of times) {
    for (const name of TIME_CLAIMS) {
      yield { ...token, claims: setAt(token.claims, [name], changed[name]) };
    }
  }
  for (const changed of times) {
    const claims = TIME_CLAIMS.reduce((known, name) => setAt(known, [name], changed[name]), token.claims);
    yield { ...token, claims };
  }
}

/**
 * Lists values to try for a claim: with each name added, with all names added, and without the names. The values have
 * the same form as the claim.
 */
function listNames(
  value: JsonValue | undefined,
  names: readonly JsonValue[],
  separator: string | undefined,
): readonly PartValue[] {
  const isText = typeof value === "string" && separator !== undefined;
  const known: readonly JsonValue[] = isText
    ? value.split(separator).filter((name) => name !== "")
    : Array.isArray(value)
      ? value
      : value === undefined || value === null || typeof value === "object"
        ? []
        : [value];
  const lists = [
    ...names.map((name) => [...known, name]),
    [...new Set([...known, ...names])],
    known.filter((name) => !names.includes(name)),
  ];
  const usesText = isText || (value === undefined && separator !== undefined);
  return lists.flatMap((list): PartValue[] => (usesText ? [list.join(separator), list] : [list]));
}

function describeChange(requirement: Requirement, before: CandidateToken, after: CandidateToken): string {
  const { reads, names, text } = requirement;
  if (names) {
    return names.asks === "none" ? `remove ${text.replace(/^no /, "")}` : `add ${text}`;
  }
  if (!reads.includes(TIMES_PART)) {
    return `needs ${text}`;
  }
  const changed = TIME_CLAIMS.filter((name) => before.claims[name] !== after.claims[name]);
  const times = changed.map((name) => describeTime(name, after.claims[name]));
  return `needs ${text}: ${times.join(", ")}`;
}

function describeTime(name: string, seconds: JsonValue | undefined): string {
  return typeof seconds === "number" ? `${name} such as ${new Date(seconds * 1000).toISOString()}` : `no ${name}`;
}

function toPath(pointer: PartName): readonly string[] {
  return pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function readAt(claims: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = claims;
  for (const step of path) {
    value = isMap(value) && Object.hasOwn(value, step) ? value[step] : undefined;
  }
  return value;
}

function setAt(claims: JsonObject, [first = "", ...rest]: readonly string[], value: JsonValue | undefined): JsonObject {
  const inner = Object.hasOwn(claims, first) ? claims[first] : undefined;
  const changed = rest.length === 0 ? value : setAt(isMap(inner) ? inner : {}, rest, value);
  const entries = Object.entries(claims).filter(([name]) => name !== first);
  return Object.fromEntries(changed === undefined ? entries : [...entries, [first, changed]]);
}

function isMap(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
