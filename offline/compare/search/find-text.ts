/**
 * Finds a string that matches some patterns of a policy, and does not match other patterns. Patterns are sequences of
 * characters and classes with quantifiers (plugin/policy/language/claim-pattern.ts), so each pattern is a small
 * automaton. A breadth-first search runs all automata together, so it finds one of the shortest strings.
 */

/** The plugin compares only strings of at most this many characters with a pattern. */
const MAX_LENGTH = 256;
/** A search visits at most this many states, and then ends without an answer. */
const MAX_STATES = 20_000;
/**
 * Characters that the search tries besides the characters of the patterns: letters of several alphabets, digits, signs
 * and blanks.
 */
const SAMPLES = [..."axAX05_-.:/@ !~é\u4e00\n"];
const PART = /(\\.|\[\^?(?:\\.|[^\\\]])+\]|[^\\])([*+?]|\{(\d{1,3})(,(\d{1,3})?)?\})?/suy;

interface PatternPart {
  readonly source: string;
  readonly character: RegExp;
  readonly least: number;
  readonly most: number;
}

/**
 * A position in a pattern. It is the index of the part, and the number of characters that the search has read for the
 * part.
 */
type Position = string;

interface State {
  readonly text: string;
  /** For each pattern, the possible positions after the search has read `text`. */
  readonly positions: readonly ReadonlySet<Position>[];
}

/** `unknown`: the search was too large. `none`: no such string exists. */
export type TextSearch = { readonly found: string } | "none" | "unknown";

/**
 * Finds a string that matches all patterns of `wanted`, and no pattern of `unwanted`. All patterns are anchored at both
 * ends.
 */
export function findText(wanted: readonly RegExp[], unwanted: readonly RegExp[]): TextSearch {
  const patterns = [...wanted, ...unwanted].map(({ source }) => readParts(source));
  const characters = chooseCharacters(patterns.flat());
  const isFound = ({ text, positions }: State): boolean =>
    text !== "" &&
    positions.every((possible, which) => possible.has(endOf(patterns[which] ?? [])) === which < wanted.length);
  const start: State = { text: "", positions: patterns.map((parts) => skip(parts, 0, 0, new Set())) };
  const queue: State[] = [start];
  const seen = new Set([keyOf(start)]);
  for (const state of queue) {
    if (isFound(state)) {
      return { found: state.text };
    }
    if (queue.length > MAX_STATES) {
      return "unknown";
    }
    for (const character of state.text.length < MAX_LENGTH ? characters : []) {
      const positions = state.positions.map((before, which) => step(patterns[which] ?? [], before, character));
      const next = { text: state.text + character, positions };
      const canMatch = positions.every((possible, which) => possible.size > 0 || which >= wanted.length);
      const key = keyOf(next);
      if (canMatch && !seen.has(key)) {
        seen.add(key);
        queue.push(next);
      }
    }
  }
  return "none";
}

function endOf(parts: readonly PatternPart[]): Position {
  return `${parts.length}:0`;
}

function keyOf({ positions }: State): string {
  return positions.map((possible) => [...possible].sort().join(" ")).join("|");
}

function readParts(source: string): readonly PatternPart[] {
  const inner = source.slice(1, -1);
  const parts: PatternPart[] = [];
  PART.lastIndex = 0;
  for (let position = 0; position < inner.length; position = PART.lastIndex) {
    const match = PART.exec(inner);
    if (!match) {
      break;
    }
    const [, character = "", quantifier, least, comma, most] = match;
    const [from, to] = readQuantifier(quantifier, least, comma, most);
    parts.push({ source: character, character: new RegExp(`^${character}$`, "su"), least: from, most: to });
  }
  return parts;
}

function readQuantifier(
  quantifier: string | undefined,
  least: string | undefined,
  comma: string | undefined,
  most: string | undefined,
): readonly [number, number] {
  switch (quantifier?.[0]) {
    case undefined:
      return [1, 1];
    case "*":
      return [0, MAX_LENGTH];
    case "+":
      return [1, MAX_LENGTH];
    case "?":
      return [0, 1];
    default:
      return [Number(least), comma === undefined ? Number(least) : Number(most ?? MAX_LENGTH)];
  }
}

/**
 * For each set of pattern parts, chooses one character that all parts of the set match. Other characters would lead to
 * the same states.
 */
function chooseCharacters(parts: readonly PatternPart[]): readonly string[] {
  const written = parts.flatMap(({ source }) => [...source.replaceAll("\\", "")]);
  const neighbours = written.flatMap((character) => {
    const code = character.codePointAt(0) ?? 0;
    return [code - 1, code + 1]
      .filter((near) => near >= 0x20 && near < 0xd800)
      .map((near) => String.fromCodePoint(near));
  });
  const bySet = new Map<string, string>();
  for (const character of [...SAMPLES, ...written, ...neighbours]) {
    const set = parts.map((part) => (part.character.test(character) ? "1" : "0")).join("");
    if (!bySet.has(set)) {
      bySet.set(set, character);
    }
  }
  return [...bySet.values()];
}

/**
 * Lists all positions that the search can reach without reading a character. If a part has no upper limit, the search
 * does not distinguish counts that are at least the part's minimum.
 */
function skip(parts: readonly PatternPart[], index: number, count: number, found: Set<Position>): Set<Position> {
  const part = parts[index];
  const settled = part && part.most >= MAX_LENGTH ? Math.min(count, part.least) : count;
  const position = `${index}:${settled}`;
  if (!found.has(position)) {
    found.add(position);
    if (part && count >= part.least) {
      skip(parts, index + 1, 0, found);
    }
  }
  return found;
}

function step(parts: readonly PatternPart[], before: ReadonlySet<Position>, character: string): ReadonlySet<Position> {
  const after = new Set<Position>();
  for (const position of before) {
    const [index = 0, count = 0] = position.split(":").map(Number);
    const part = parts[index];
    if (part && count < part.most && part.character.test(character)) {
      skip(parts, index, count + 1, after);
    }
  }
  return after;
}
