/**
 * Runs regular expressions. The code follows all possible matches at the same time (Thompson's construction). So, as in
 * Kong's router, the time grows only in proportion to the length of the text. If several matches are possible, the code
 * chooses the match that Perl would choose.
 */
import type { CharacterTest } from "./character-class.ts";
import { parseRegex, type RegexNode } from "./parse-regex.ts";

/**
 * The largest number of steps of a program. Counted repetitions are written out, so a short expression can become a long program.
 */
const MAX_STEPS = 4_000;
/** The characters of generated examples. The first characters are preferred, because people can read them. */
const EXAMPLE_CHARACTERS = [..."1aA-_.~b2Z9", ..."!$&'()*+,=:@ é"];

type Step =
  | { readonly is: "character"; readonly accepts: CharacterTest; readonly next: number }
  | { readonly is: "position"; readonly fits: (before?: string, after?: string) => boolean; readonly next: number }
  /** The numbers of the steps with which the match can continue. The first is preferred. */
  | { readonly is: "split"; readonly ways: readonly number[] }
  | { readonly is: "end" };

export interface Regex {
  /**
   * Returns the match at the start of the text. If several matches are possible, the function returns the match that
   * Perl would choose. The result is undefined if the start of the text does not match.
   */
  matchStart(text: string): string | undefined;
  /** Whether any part of the text matches. */
  isIn(text: string): boolean;
  /** A string that matches; undefined if the search found no string. */
  readonly example: string | undefined;
}

/** @throws Error with a message that says which part of the expression is wrong. */
export function compileRegex(text: string): Regex {
  const tree = parseRegex(text);
  const { steps, start } = writeSteps(tree);
  const matchStart = (subject: string): string | undefined => run(steps, start, [...subject], true);
  const example = writeExample(tree);
  return {
    matchStart,
    isIn: (subject) => run(steps, start, [...subject], false) !== undefined,
    example: matchStart(example) === example ? example : undefined,
  };
}

/** The code makes the steps from the last to the first, because each step needs the number of the step after it. */
function writeSteps(tree: RegexNode): { readonly steps: readonly Step[]; readonly start: number } {
  const steps: Step[] = [{ is: "end" }];
  const add = (step: Step): number => {
    if (steps.length >= MAX_STEPS) {
      throw new Error(`it is too large: if all repetitions are written out, it has more than ${MAX_STEPS} steps`);
    }
    return steps.push(step) - 1;
  };
  const write = (node: RegexNode, next: number): number => {
    switch (node.is) {
      case "character":
        return add({ is: "character", accepts: node.accepts, next });
      case "position":
        return add({ is: "position", fits: node.fits, next });
      case "sequence":
        return node.parts.reduceRight((after, part) => write(part, after), next);
      case "choice":
        return add({ is: "split", ways: node.options.map((option) => write(option, next)) });
      case "repeat":
        return writeRepeat(node, next);
    }
  };
  const writeRepeat = (node: Extract<RegexNode, { is: "repeat" }>, next: number): number => {
    const { part, least, most, isGreedy } = node;
    const order = (inner: number, after: number): readonly number[] => (isGreedy ? [inner, after] : [after, inner]);
    let entry = next;
    if (most === Number.POSITIVE_INFINITY) {
      const loop = add({ is: "split", ways: [] });
      steps[loop] = { is: "split", ways: order(write(part, loop), next) };
      entry = loop;
    } else {
      for (let count = least; count < most; count += 1) {
        entry = add({ is: "split", ways: order(write(part, entry), next) });
      }
    }
    for (let count = 0; count < least; count += 1) {
      entry = write(part, entry);
    }
    return entry;
  };
  const start = write(tree, 0);
  return { steps, start };
}

/** @param isAnchored whether the match must begin at the start of the text. */
function run(
  steps: readonly Step[],
  start: number,
  characters: readonly string[],
  isAnchored: boolean,
): string | undefined {
  let entries: readonly number[] = [];
  let matched: number | undefined;
  for (let position = 0; position <= characters.length; position += 1) {
    const mayStart = matched === undefined && (position === 0 || !isAnchored);
    const ready = new Set<number>();
    for (const entry of mayStart ? [...entries, start] : entries) {
      follow(steps, entry, ready, characters[position - 1], characters[position]);
    }
    const taken = takeCharacter(steps, ready, characters[position]);
    entries = taken.entries;
    matched = taken.isMatch ? position : matched;
    if (entries.length === 0 && (isAnchored || matched !== undefined)) {
      break;
    }
  }
  return matched === undefined ? undefined : characters.slice(0, matched).join("");
}

/** Finds the positions of the threads after a character. If a thread has matched, all less preferred threads end. */
function takeCharacter(
  steps: readonly Step[],
  ready: ReadonlySet<number>,
  character: string | undefined,
): { readonly entries: readonly number[]; readonly isMatch: boolean } {
  const entries: number[] = [];
  for (const index of ready) {
    const step = steps[index];
    if (step?.is === "end") {
      return { entries, isMatch: true };
    }
    if (step?.is === "character" && character !== undefined && step.accepts(character)) {
      entries.push(step.next);
    }
  }
  return { entries, isMatch: false };
}

/** Adds all steps that the match can reach without reading a character, in the order of preference. */
function follow(
  steps: readonly Step[],
  entry: number,
  ready: Set<number>,
  before: string | undefined,
  after: string | undefined,
): void {
  const waiting = [entry];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    const step = steps[index];
    if (step === undefined || ready.has(index)) {
      continue;
    }
    ready.add(index);
    if (step.is === "split") {
      waiting.push(...step.ways.toReversed());
    } else if (step.is === "position" && step.fits(before, after)) {
      waiting.push(step.next);
    }
  }
}

function writeExample(node: RegexNode): string {
  switch (node.is) {
    case "character":
      return findCharacter(node.accepts);
    case "sequence":
      return node.parts.map(writeExample).join("");
    case "choice":
      return writeExample(node.options[0] ?? { is: "sequence", parts: [] });
    case "repeat":
      return writeExample(node.part).repeat(Math.min(Math.max(node.least, 1), node.most));
    case "position":
      return "";
  }
}

function findCharacter(accepts: CharacterTest): string {
  const printable = Array.from({ length: 0x5f }, (_, index) => String.fromCharCode(0x20 + index));
  return [...EXAMPLE_CHARACTERS, ...printable].find(accepts) ?? "";
}
