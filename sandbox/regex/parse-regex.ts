import {
  type CharacterTest,
  ignoreCase,
  isWordCharacter,
  negate,
  perlClass,
  posixClass,
  unicodeClass,
} from "./character-class.ts";

/** A regular expression as a tree. */
export type RegexNode =
  | { readonly is: "character"; readonly accepts: CharacterTest }
  | { readonly is: "sequence"; readonly parts: readonly RegexNode[] }
  | { readonly is: "choice"; readonly options: readonly RegexNode[] }
  | {
      readonly is: "repeat";
      readonly part: RegexNode;
      readonly least: number;
      readonly most: number;
      readonly isGreedy: boolean;
    }
  /**
   * Whether the position between two characters satisfies an assertion such as `\b`. At the start of the text, `before`
   * is undefined; at the end, `after` is undefined.
   */
  | { readonly is: "position"; readonly fits: (before: string | undefined, after: string | undefined) => boolean };

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const QUANTIFIER = /([*+?]|\{(\d+)(?:(,)(\d*))?\})(\?)?/y;
const GROUP_NAME = /\?P?<[A-Za-z_][\w.[\]]*>/y;
const GROUP_FLAGS = /\?([imsu]*)(?:-([imsu]+))?([:)])/y;
const LOOK_AROUND = /\?<?[=!]/y;
const CODE_POINT = /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|[xu]\{([0-9A-Fa-f]{1,6})\})/y;
const UNICODE = /\\([pP])(?:\{(\^?)([\w=]+)\}|([A-Z]))/y;
const PUNCTUATION = /[!-/:-@[-`{-~ ]/;
const CONTROLS: Readonly<Record<string, string>> = { a: "\x07", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };
/** The parser refuses deeper groups, because they could use up the stack. */
const MAX_DEPTH = 50;

/**
 * Parses a regular expression of Kong's router. Kong uses Rust's `regex`, which has no look-around and no back
 * references.
 *
 * @throws Error that says what the router would not accept, or what the sandbox does not support.
 */
export function parseRegex(text: string): RegexNode {
  return new Parser(text).parse();
}

class Parser {
  readonly #text: string;
  #position = 0;
  #depth = 0;
  #flags: Flags = { i: false, m: false, s: false };

  constructor(text: string) {
    this.#text = text;
  }

  parse(): RegexNode {
    const node = this.#parseChoice();
    if (this.#position < this.#text.length) {
      throw new Error('a ")" closes a group that was not opened');
    }
    return node;
  }

  #parseChoice(): RegexNode {
    const options = [this.#parseSequence()];
    while (this.#take("|")) {
      options.push(this.#parseSequence());
    }
    const [only] = options;
    return options.length === 1 && only ? only : { is: "choice", options };
  }

  #parseSequence(): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#position < this.#text.length && !"|)".includes(this.#peek())) {
      const part = this.#parseAtom();
      if (part) {
        parts.push(this.#parseQuantifiers(part));
      }
    }
    return { is: "sequence", parts };
  }

  #parseQuantifiers(atom: RegexNode): RegexNode {
    let node = atom;
    for (let found = this.#match(QUANTIFIER); found; found = this.#match(QUANTIFIER)) {
      const [, sign = "", least, comma, most, lazy] = found;
      const counted = Number(least ?? 0);
      const bounds: Readonly<Record<string, readonly [number, number]>> = {
        "*": [0, Number.POSITIVE_INFINITY],
        "+": [1, Number.POSITIVE_INFINITY],
        "?": [0, 1],
      };
      const upper = comma === undefined ? counted : most ? Number(most) : Number.POSITIVE_INFINITY;
      const [fewest, largest] = bounds[sign] ?? [counted, upper];
      if (largest < fewest) {
        throw new Error(`the quantifier ${sign} has a minimum above its maximum`);
      }
      node = { is: "repeat", part: node, least: fewest, most: largest, isGreedy: lazy === undefined };
    }
    return node;
  }

  /** The result is undefined if the group only sets flags. */
  #parseAtom(): RegexNode | undefined {
    const character = this.#next();
    const { m: isMultiline, s: dotMatchesAll } = this.#flags;
    switch (character) {
      case "(":
        return this.#parseGroup();
      case "[":
        return this.#accept(this.#parseClass());
      case ".":
        return { is: "character", accepts: dotMatchesAll ? () => true : (one) => one !== "\n" };
      case "^":
        return { is: "position", fits: (before) => before === undefined || (isMultiline && before === "\n") };
      case "$":
        return { is: "position", fits: (_, after) => after === undefined || (isMultiline && after === "\n") };
      case "\\":
        this.#position -= 1;
        return this.#parseAnchor() ?? this.#accept(this.#parseEscape());
      case "*":
      case "+":
      case "?":
        throw new Error(`${character} has nothing to repeat`);
      case "{":
        throw new Error("{ has nothing to repeat; write \\{ for the character");
      default:
        return this.#accept((one) => one === character);
    }
  }

  #parseGroup(): RegexNode | undefined {
    if (this.#match(LOOK_AROUND)) {
      throw new Error("Kong's router has no look-around: (?=, (?!, (?<= and (?<! are refused");
    }
    const outer = this.#flags;
    if (!this.#match(GROUP_NAME) && this.#peek() === "?") {
      const [, on = "", off = "", end] = this.#match(GROUP_FLAGS) ?? [];
      if (end === undefined) {
        throw new Error(`the group "(${this.#text.slice(this.#position, this.#position + 8)}" is not supported`);
      }
      const set = (flag: keyof Flags): boolean => (outer[flag] || on.includes(flag)) && !off.includes(flag);
      this.#flags = { i: set("i"), m: set("m"), s: set("s") };
      if (end === ")") {
        return undefined; // The flags are in effect to the end of the surrounding group.
      }
    }
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) {
      throw new Error(`groups are nested more than ${MAX_DEPTH} deep`);
    }
    const node = this.#parseChoice();
    this.#depth -= 1;
    if (!this.#take(")")) {
      throw new Error("a group is not closed");
    }
    this.#flags = outer;
    return node;
  }

  #parseAnchor(): RegexNode | undefined {
    const fits: Readonly<Record<string, (before?: string, after?: string) => boolean>> = {
      A: (before) => before === undefined,
      z: (_, after) => after === undefined,
      b: (before, after) => isWord(before) !== isWord(after),
      B: (before, after) => isWord(before) === isWord(after),
    };
    const letter = this.#text[this.#position + 1] ?? "";
    const found = Object.hasOwn(fits, letter) ? fits[letter] : undefined;
    if (found) {
      this.#position += 2;
    }
    return found && { is: "position", fits: found };
  }

  /** Parses an escape that means a character or a class. The escape may be inside or outside of a class. */
  #parseEscape(): CharacterTest {
    const [, byte, unit, codePoint] = this.#match(CODE_POINT) ?? [];
    const hex = byte ?? unit ?? codePoint;
    if (hex !== undefined) {
      const literal = String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
      return (character) => character === literal;
    }
    const property = this.#parseProperty();
    if (property) {
      return property;
    }
    this.#position += 1;
    const letter = this.#next();
    const literal = CONTROLS[letter] ?? (PUNCTUATION.test(letter) ? letter : undefined);
    const test =
      perlClass(letter) ?? (literal === undefined ? undefined : (character: string) => character === literal);
    if (!test) {
      const what = /\d/.test(letter) ? "Kong's router has no back references" : "it means nothing in Kong's router";
      throw new Error(`\\${letter} is refused: ${what}`);
    }
    return test;
  }

  /** Parses `\p{Greek}`, `\PL` and similar classes. */
  #parseProperty(): CharacterTest | undefined {
    const [all, sign, caret, long, short] = this.#match(UNICODE) ?? [];
    if (sign === undefined) {
      return undefined;
    }
    const test = unicodeClass(long ?? short ?? "");
    if (!test) {
      throw new Error(`${all} is not a class of characters`);
    }
    return (sign === "P") !== (caret === "^") ? negate(test) : test;
  }

  #parseClass(): CharacterTest {
    const isNegated = this.#take("^");
    const tests: CharacterTest[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== "]"; isFirst = false) {
      if (this.#position >= this.#text.length) {
        throw new Error("a class [ is not closed");
      }
      tests.push(this.#parseClassItem());
    }
    this.#position += 1;
    const union: CharacterTest = (character) => tests.some((test) => test(character));
    const cased = this.#flags.i ? ignoreCase(union) : union;
    return isNegated ? negate(cased) : cased;
  }

  #parseClassItem(): CharacterTest {
    const rest = this.#text.slice(this.#position);
    const [posix, not, name = ""] = /^\[:(\^?)(\w+):\]/.exec(rest) ?? [];
    if (posix !== undefined) {
      const test = posixClass(name);
      if (!test) {
        throw new Error(`[:${name}:] is not a class of characters`);
      }
      this.#position += posix.length;
      return not ? negate(test) : test;
    }
    if (/^(?:\[|&&|--|~~)/.test(rest)) {
      throw new Error("classes inside classes, &&, -- and ~~ are not supported by the sandbox");
    }
    const low = this.#parseClassCharacter();
    if (typeof low !== "string" || !/^-[^\]]/.test(this.#text.slice(this.#position))) {
      return typeof low === "string" ? (character) => character === low : low;
    }
    this.#position += 1;
    const high = this.#parseClassCharacter();
    if (typeof high !== "string" || compare(low, high) > 0) {
      throw new Error(`the range ${low}-${typeof high === "string" ? high : "…"} is not a valid range`);
    }
    return (character) => compare(low, character) <= 0 && compare(character, high) <= 0;
  }

  /** Parses a single character, or a class such as `\d`. */
  #parseClassCharacter(): string | CharacterTest {
    if (this.#peek() !== "\\") {
      return this.#next();
    }
    const start = this.#position;
    const test = this.#parseEscape();
    const text = this.#text.slice(start + 1, this.#position);
    const [, hex] = /^[xu]\{?([0-9A-Fa-f]+)\}?$/.exec(text) ?? [];
    if (hex !== undefined) {
      return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
    }
    return CONTROLS[text] ?? (PUNCTUATION.test(text) && text.length === 1 ? text : test);
  }

  #accept(test: CharacterTest): RegexNode {
    return { is: "character", accepts: this.#flags.i ? ignoreCase(test) : test };
  }

  #peek(): string {
    return this.#text[this.#position] ?? "";
  }

  /** Reads the next character, which may consist of two UTF-16 units. */
  #next(): string {
    const code = this.#text.codePointAt(this.#position);
    if (code === undefined) {
      throw new Error("it ends too early");
    }
    const character = String.fromCodePoint(code);
    this.#position += character.length;
    return character;
  }

  #take(character: string): boolean {
    const isThere = this.#peek() === character;
    this.#position += isThere ? 1 : 0;
    return isThere;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#position;
    const found = pattern.exec(this.#text) ?? undefined;
    this.#position += found ? found[0].length : 0;
    return found;
  }
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && isWordCharacter(character);
}

function compare(one: string, other: string): number {
  return (one.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
}
