import { NO_HEX, readHexPair } from "../text/hex-pair.ts";
import { NameTable } from "./name-table.ts";

/** Why a text is rejected: a short fixed phrase without any of the text's content. */
export class JsonError extends Error {}

/** Deepest accepted nesting of arrays and objects. */
export const MAX_JSON_DEPTH = 16;
/** The largest total number of object members and array elements in a text. */
export const MAX_JSON_MEMBERS = 1024;

/** The members of the outermost object that a caller wants, made by {@link wantMembers}. */
export type WantedMembers = readonly { readonly name: string; readonly hash: number }[];

const SEEDS = 2 ** 32;
const knownNames = new NameTable(Math.floor(Math.random() * SEEDS));

/** Prepares the names of the wanted members once, for all texts. */
export function wantMembers(...names: readonly string[]): WantedMembers {
  return names.map((name) => ({ name, hash: knownNames.hash(name) }));
}

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BLANK = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const SMALL_E = 0x65;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** The only bit that differs between the codes of a capital letter and its small letter. */
const CASE_BIT = 0x20;
const LITERALS = ["true", "false", "null"] as const;
/**
 * Maps the code of the letter after a backslash to the code of the escaped character. The code is zero for a letter that no
 * escape uses.
 */
const ESCAPED = new Uint8Array(128);
for (const [index, letter] of Array.from('"\\/bfnrt').entries()) {
  ESCAPED[letter.charCodeAt(0)] = '"\\/\b\f\n\r\t'.charCodeAt(index);
}
/**
 * A number is certainly finite if its exponent plus the number of its digits before the point is at most this limit.
 */
const MAX_SAFE_DIGITS = 308;

/**
 * Checks a whole JSON text, character by character and without making objects, and keeps the texts of some members of
 * the outermost object. The plugin checks even tokens without a valid signature this way, so the check must cost little
 * for every text.
 */
export class JsonCheck {
  readonly #text: string;
  readonly #wanted: WantedMembers;
  readonly #found: Record<string, string | null> = Object.create(null);
  #position = 0;
  #members = 0;
  #objects = 0;
  /** The hash of the last string's characters. */
  #hash = 0;
  /** The position of the last string's closing quote. */
  #stringEnd = 0;

  constructor(text: string, wanted: WantedMembers) {
    this.#text = text;
    this.#wanted = wanted;
  }

  /**
   * @returns the wanted members that the object has, with null for values that are not texts. Returns undefined if the
   *   text is not a JSON object.
   * @throws JsonError if the text is rejected.
   */
  run(): Readonly<Record<string, string | null>> | undefined {
    knownNames.begin(this.#text);
    this.#skipWhitespace();
    const isObject = this.#code() === OPEN_OBJECT;
    this.#checkValue(0);
    if (this.#position !== this.#text.length) {
      throw new JsonError("text after the value");
    }
    return isObject ? this.#found : undefined;
  }

  /** The code of the current character. Returns NaN at the end of the text. */
  #code(): number {
    return this.#text.charCodeAt(this.#position);
  }

  #takeIf(code: number): boolean {
    if (this.#code() !== code) {
      return false;
    }
    this.#position += 1;
    return true;
  }

  #skipWhitespace(): void {
    while (isWhitespace(this.#code())) {
      this.#position += 1;
    }
  }

  #countMember(): void {
    this.#members += 1;
    if (this.#members > MAX_JSON_MEMBERS) {
      throw new JsonError("too many members");
    }
  }

  /** Checks one value, and skips whitespace around it. */
  #checkValue(depth: number): void {
    this.#skipWhitespace();
    const code = this.#code();
    if (code === QUOTE) {
      this.#position += 1;
      this.#checkString();
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (depth >= MAX_JSON_DEPTH) {
        throw new JsonError("nested too deep");
      }
      this.#position += 1;
      if (code === OPEN_OBJECT) {
        this.#checkObject(depth + 1);
      } else {
        this.#checkArray(depth + 1);
      }
    } else if (code === MINUS || isDigit(code)) {
      this.#checkNumber();
    } else {
      this.#checkLiteral();
    }
    this.#skipWhitespace();
  }

  #checkLiteral(): void {
    const word = LITERALS.find((literal) => this.#text.startsWith(literal, this.#position));
    if (word === undefined) {
      throw new JsonError("bad value");
    }
    this.#position += word.length;
  }

  #checkArray(depth: number): void {
    this.#skipWhitespace();
    if (this.#takeIf(CLOSE_ARRAY)) {
      return;
    }
    do {
      this.#countMember();
      this.#checkValue(depth);
    } while (this.#takeIf(COMMA));
    if (!this.#takeIf(CLOSE_ARRAY)) {
      throw new JsonError("bad array");
    }
  }

  #checkObject(depth: number): void {
    this.#skipWhitespace();
    if (this.#takeIf(CLOSE_OBJECT)) {
      return;
    }
    this.#objects += 1;
    const object = this.#objects;
    do {
      const name = this.#checkName(object);
      this.#countMember();
      this.#skipWhitespace();
      if (!this.#takeIf(COLON)) {
        throw new JsonError("bad object");
      }
      if (depth === 1 && name !== undefined) {
        this.#keepValue(name, depth);
      } else {
        this.#checkValue(depth);
      }
    } while (this.#takeIf(COMMA));
    if (!this.#takeIf(CLOSE_OBJECT)) {
      throw new JsonError("bad object");
    }
  }

  /** Checks a member's name, and returns the name if it is wanted. */
  #checkName(object: number): string | undefined {
    this.#skipWhitespace();
    const start = this.#position + 1;
    if (!this.#takeIf(QUOTE)) {
      throw new JsonError("bad member name");
    }
    this.#checkString();
    const hash = this.#hash;
    if (!knownNames.add(object, hash, start, this.#stringEnd)) {
      throw new JsonError("duplicate member");
    }
    for (const wanted of this.#wanted) {
      if (wanted.hash === hash && knownNames.read(start, this.#stringEnd) === wanted.name) {
        return wanted.name;
      }
    }
    return undefined;
  }

  #keepValue(name: string, depth: number): void {
    this.#skipWhitespace();
    const start = this.#position + 1;
    const isText = this.#code() === QUOTE;
    this.#checkValue(depth);
    this.#found[name] = isText ? knownNames.read(start, this.#stringEnd) : null;
  }

  /** Checks a string. The position must be after the opening quote. */
  #checkString(): void {
    const text = this.#text;
    let position = this.#position;
    let hash = knownNames.seed;
    let isAfterHigh = false;
    let isWellFormed = true;
    for (let code = text.charCodeAt(position); code !== QUOTE; code = text.charCodeAt(position)) {
      position += 1;
      if (code === BACKSLASH) {
        this.#position = position;
        code = this.#readEscape();
        position = this.#position;
      } else if (!(code >= BLANK)) {
        throw new JsonError(code < BLANK ? "control character in a string" : "ends inside a string");
      }
      if (isAfterHigh || isSurrogate(code)) {
        isWellFormed &&= isAfterHigh === isLowSurrogate(code);
        isAfterHigh = isSurrogate(code) && !isLowSurrogate(code);
      }
      hash = knownNames.mix(hash, code);
    }
    if (isAfterHigh || !isWellFormed) {
      throw new JsonError("lone surrogate in a string");
    }
    this.#hash = hash;
    this.#stringEnd = position;
    this.#position = position + 1;
  }

  /** Returns the code of the escaped character. The position must be after the backslash. */
  #readEscape(): number {
    const letter = this.#text.charCodeAt(this.#position);
    this.#position += 1;
    if (letter === SMALL_U) {
      const high = readHexPair(this.#text, this.#position);
      const low = readHexPair(this.#text, this.#position + 2);
      if (high === NO_HEX || low === NO_HEX) {
        throw new JsonError("bad \\u escape");
      }
      this.#position += 4;
      return high * 256 + low;
    }
    const code = ESCAPED[letter];
    if (!code) {
      throw new JsonError("bad escape");
    }
    return code;
  }

  /** RFC 8259 section 6. The position must be at a minus or a digit. */
  #checkNumber(): void {
    const start = this.#position;
    this.#takeIf(MINUS);
    const integerStart = this.#position;
    if (!this.#takeIf(ZERO) && !this.#takeDigits(0)) {
      throw new JsonError("bad value");
    }
    let digits = this.#position - integerStart;
    if (this.#code() === DOT) {
      this.#takeDigits(1);
    }
    if ((this.#code() | CASE_BIT) === SMALL_E) {
      const sign = this.#text.charCodeAt(this.#position + 1);
      const exponentStart = this.#position + 1;
      if (this.#takeDigits(sign === PLUS || sign === MINUS ? 2 : 1)) {
        digits += Math.max(0, Number(this.#text.slice(exponentStart, this.#position)));
      }
    }
    if (digits > MAX_SAFE_DIGITS && !Number.isFinite(Number(this.#text.slice(start, this.#position)))) {
      throw new JsonError("number out of range");
    }
  }

  /** Skips `offset` characters and the digits after them. Returns false if no digit follows the skipped characters. */
  #takeDigits(offset: number): boolean {
    const start = this.#position + offset;
    let end = start;
    while (isDigit(this.#text.charCodeAt(end))) {
      end += 1;
    }
    if (end === start) {
      return false;
    }
    this.#position = end;
    return true;
  }
}

function isWhitespace(code: number): boolean {
  return code <= BLANK && (code === BLANK || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

function isSurrogate(code: number): boolean {
  return (code & 0xf800) === 0xd800;
}

function isLowSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xdc00;
}
