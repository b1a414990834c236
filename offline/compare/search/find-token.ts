import type { JsonValue } from "../../../plugin/core/json/json.ts";
import type { Scalar } from "../../../plugin/core/model/policy.ts";
import { findText } from "./find-text.ts";
import type { Formula, NameHint, Requirement } from "./formula.ts";
import { groupParts, type PartGroup } from "./part-groups.ts";
import {
  assembleToken,
  type CandidateToken,
  type PartName,
  type Parts,
  type PartValue,
  TIMES_PART,
  type TokenFrame,
  TYPE_PART,
  usualTimes,
} from "./token-space.ts";

/**
 * Finds a token that one formula accepts and the other formula rejects. The token must meet all requirements of one
 * accepting alternative. Of each rejecting alternative, it must miss one requirement. Requirements on different parts
 * of a token do not depend on each other. So the search solves each group of parts separately.
 */

/** A search tries at most this many combinations of missed requirements. */
const MAX_STEPS = 20_000;
/** A search tries at most this many combinations of values for the parts of one group. */
const MAX_COMBINATIONS = 4_096;
/** A claim value that no policy contains. */
const OTHER = "another-value";

/** A requirement that the token must meet (`isMet`) or miss. */
interface Wanted {
  readonly requirement: Requirement;
  readonly isMet: boolean;
}

/** `none`: there is no such token. `unknown`: the search was too large, or it could not find a value. */
export type TokenSearch = { readonly found: CandidateToken } | "none" | "unknown";

/** The requirements on a group of parts, and values that meet the requirements. */
interface Chosen {
  readonly wanted: readonly Wanted[];
  readonly values: Parts;
}

type Choices = ReadonlyMap<PartGroup, Chosen>;

export function findToken(accepting: Formula, rejecting: Formula, frame: TokenFrame): TokenSearch {
  return new Search(accepting, rejecting, frame).run();
}

/** Whether the formula accepts the token. */
function meets(formula: Formula, token: CandidateToken): boolean {
  return formula.some((alternative) => alternative.every((requirement) => requirement.holds(token)));
}

/** One search for a token. The search counts its steps, and caches the solutions of each group. */
class Search {
  readonly #accepting: Formula;
  readonly #rejecting: Formula;
  readonly #frame: TokenFrame;
  readonly #groupOf: (part: PartName) => PartGroup;
  readonly #solved = new Map<string, Parts | "none">();
  #steps = 0;
  #isCertain = true;

  constructor(accepting: Formula, rejecting: Formula, frame: TokenFrame) {
    this.#accepting = accepting;
    this.#rejecting = rejecting;
    this.#frame = frame;
    this.#groupOf = groupParts([...accepting, ...rejecting].flat());
  }

  run(): TokenSearch {
    for (const alternative of this.#accepting) {
      let choices: Choices | undefined = new Map();
      for (const requirement of alternative) {
        choices = choices && this.#add(choices, { requirement, isMet: true });
      }
      const found = choices && this.#reject(choices, 0);
      if (found) {
        return { found };
      }
    }
    return this.#isCertain ? "none" : "unknown";
  }

  /**
   * Makes the token miss one requirement of each rejecting alternative. The function begins with the alternative at
   * `index`.
   */
  #reject(choices: Choices, index: number): CandidateToken | undefined {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) {
      this.#isCertain = false;
      return undefined;
    }
    const alternative = this.#rejecting[index];
    if (!alternative) {
      return this.#finish(choices);
    }
    // Requirements that the token already misses come first, because they need no change of the token.
    const token = this.#assemble(choices);
    const missed = alternative.filter((requirement) => !requirement.holds(token));
    for (const requirement of new Set([...missed, ...alternative])) {
      const next = this.#add(choices, { requirement, isMet: false });
      const found = next && this.#reject(next, index + 1);
      if (found) {
        return found;
      }
    }
    return undefined;
  }

  /** Checks the whole token again. Claims inside other claims can overwrite each other. */
  #finish(choices: Choices): CandidateToken | undefined {
    const token = this.#assemble(choices);
    const isRight = meets(this.#accepting, token) && !meets(this.#rejecting, token);
    if (!isRight) {
      this.#isCertain = false;
    }
    return isRight ? token : undefined;
  }

  #assemble(choices: Choices): CandidateToken {
    return assembleToken(this.#frame, new Map([...choices.values()].flatMap(({ values }) => [...values])));
  }

  #add(choices: Choices, added: Wanted): Choices | undefined {
    const [part = ""] = added.requirement.reads;
    const group = this.#groupOf(part);
    const before = choices.get(group);
    const wanted = [...(before?.wanted ?? []), added];
    const values = before && this.#fits(before.values, [added]) ? before.values : this.#solve(group, wanted);
    return values === "none" ? undefined : new Map(choices).set(group, { wanted, values });
  }

  #solve(group: PartGroup, wanted: readonly Wanted[]): Parts | "none" {
    const key = JSON.stringify([group.parts, wanted.map(({ requirement: { text }, isMet }) => [text, isMet]).sort()]);
    const solution = this.#solved.get(key) ?? this.#search(group, wanted);
    this.#solved.set(key, solution);
    return solution;
  }

  #search(group: PartGroup, wanted: readonly Wanted[]): Parts | "none" {
    let tried = 0;
    for (const values of combine(group.parts, (part) => [...this.#listValues(part, group, wanted)])) {
      if (this.#fits(values, wanted)) {
        return values;
      }
      tried += 1;
      if (group.parts.length > 1 && tried > MAX_COMBINATIONS) {
        this.#isCertain = false;
        break;
      }
    }
    return "none";
  }

  #fits(values: Parts, wanted: readonly Wanted[]): boolean {
    const token = assembleToken(this.#frame, values);
    return wanted.every(({ requirement, isMet }) => requirement.holds(token) === isMet);
  }

  *#listValues(part: PartName, group: PartGroup, wanted: readonly Wanted[]): Generator<PartValue> {
    if (part === TIMES_PART) {
      yield usualTimes(this.#frame.now);
    }
    yield* combineNames(part, wanted);
    for (const { reads, values } of group.requirements) {
      yield* reads.includes(part) ? values : [];
    }
    yield* this.#listTexts(part, wanted);
    if (part === TYPE_PART) {
      yield* [undefined, "jwt", OTHER];
    } else if (part !== TIMES_PART) {
      yield* [OTHER, undefined, 0, 1e6, true, false, [OTHER], [0], [], null, { [OTHER]: OTHER }];
    }
  }

  *#listTexts(part: PartName, wanted: readonly Wanted[]): Generator<string> {
    const patterns = wanted.flatMap(({ requirement: { reads, pattern }, isMet }) =>
      pattern && reads.includes(part) ? [{ regExp: pattern.regExp, mustMatch: isMet !== pattern.isRefused }] : [],
    );
    const matched = patterns.filter(({ mustMatch }) => mustMatch).map(({ regExp }) => regExp);
    const unmatched = patterns.filter(({ mustMatch }) => !mustMatch).map(({ regExp }) => regExp);
    const text = patterns.length === 0 ? "none" : findText(matched, unmatched);
    if (text === "unknown") {
      this.#isCertain = false;
    } else if (text !== "none") {
      yield text.found;
    }
  }
}

/** Yields all combinations of one value for each part. Combinations with the first values come first. */
function* combine(parts: readonly PartName[], list: (part: PartName) => readonly PartValue[]): Generator<Parts> {
  const [part, ...others] = parts;
  if (part === undefined) {
    yield new Map();
    return;
  }
  const values = list(part);
  for (const rest of combine(others, list)) {
    for (const value of values) {
      yield new Map(rest).set(part, value);
    }
  }
}

/** A name that no policy is likely to use. */
const OTHER_NAME = "jwt-policy-other";

type Hint = NameHint & { readonly isMet: boolean };

/**
 * Yields values of a part that contain the required names. A claim can be a list or a string with separators, and the
 * values have both forms.
 */
function* combineNames(part: PartName, wanted: readonly Wanted[]): Generator<JsonValue | undefined> {
  const hints = wanted
    .flatMap(({ requirement: { names, refusedNames }, isMet }): Hint[] => [
      ...(names ? [{ ...names, isMet }] : []),
      ...(refusedNames ? [{ ...refusedNames, isMet: !isMet }] : []),
    ])
    .filter(({ separators }) => separators.has(part));
  if (hints.length === 0) {
    return;
  }
  const isShared = hints.some(({ separators }) => separators.size > 1);
  for (const list of listNeeded(hints, isShared)) {
    if (list.length === 0) {
      yield undefined;
    }
    const separators = new Set(hints.map(({ separators }) => separators.get(part)));
    for (const separator of separators) {
      yield separator === undefined ? list : list.join(separator);
      // Only a string with several names shows which separator a version uses.
      if (separator !== undefined && separators.size > 1 && list.length === 1) {
        yield [...list, OTHER_NAME].join(separator);
      }
    }
    yield list;
    if (list.length === 1) {
      yield list[0];
    }
  }
}

/**
 * Yields the lists of names that may meet the requirements. If several claims can contain names, each claim may contain
 * only some of the names.
 */
function* listNeeded(hints: readonly Hint[], isShared: boolean): Generator<readonly Scalar[]> {
  const needed = new Set(hints.filter(needsAll).flatMap(({ names }) => names));
  const refused = new Set(hints.filter(refusesAll).flatMap(({ names }) => names));
  for (const { names } of hints.filter(needsOne)) {
    const free = names.find((name) => !refused.has(name));
    if (free !== undefined && !names.some((name) => needed.has(name))) {
      needed.add(free);
    }
  }
  const list = [...needed];
  yield list;
  // If the token must lack at least one name of a list, the function omits each name in turn.
  for (const { names } of hints.filter(({ asks, isMet }) => asks === "all" && !isMet)) {
    for (const absent of names) {
      yield [...new Set([...list, ...names])].filter((name) => name !== absent);
    }
  }
  if (isShared) {
    yield [];
    for (const name of list) {
      yield [name];
      yield list.filter((other) => other !== name);
    }
    for (const { names } of hints) {
      yield* names.map((name) => [name]);
    }
  }
  yield [...list, OTHER];
}

function needsAll({ asks, isMet, names }: Hint): boolean {
  return (asks === "all" && isMet) || (asks === "none" && !isMet && names.length === 1);
}

function refusesAll({ asks, isMet, names }: Hint): boolean {
  return (asks === "none" && isMet) || (asks === "any" && !isMet) || (asks === "all" && !isMet && names.length === 1);
}

function needsOne({ asks, isMet }: Hint): boolean {
  return (asks === "any" && isMet) || (asks === "none" && !isMet);
}
