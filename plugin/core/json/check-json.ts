import { NO_HEX, readHexPair } from "../text/hex-pair.ts";
import { NameTable } from "./name-table.ts";

/** Why a text is rejected: a short fixed phrase without any of the text's content. */
export class JsonError extends Error {}

/**
 * One error object for each phrase. Creating an error for each rejected text would take up to 30 µs, because a new
 * error records where it happened.
 */
const errors = new Map<string, JsonError>();

/** @param why a fixed phrase. */
export function jsonError(why: string): JsonError {
  const error = errors.get(why) ?? new JsonError(why);
  errors.set(why, error);
  return error;
}

/** Deepest accepted nesting of arrays and objects. */
export const MAX_JSON_DEPTH = 16;
/** The largest total number of object members and array elements in a text. */
export const MAX_JSON_MEMBERS = 1024;

/** The members that a caller wants from the outermost object. Callers create this object with {@link wantMembers}. */
export interface WantedMembers {
  readonly members: readonly { readonly name: string; readonly hash: number }[];
  /**
   * One bit for each wanted name. The check compares a member with the wanted names only if the bit of the member's
   * hash is set.
   */
  readonly bits: number;
}

const SEEDS = 2 ** 32;
const knownNames = new NameTable(Math.floor(Math.random() * SEEDS));

/** Prepares the names of the wanted members once, for all texts. */
export function wantMembers(...names: readonly string[]): WantedMembers {
  const members = names.map((name) => ({ name, hash: knownNames.hash(name) }));
  return { members, bits: members.reduce((bits, { hash }) => bits | bitOf(hash), 0) };
}

function bitOf(hash: number): number {
  return 1 << (hash & 31);
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
const SMALL_F = 0x66;
const SMALL_T = 0x74;
const SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
/** The codes of a capital letter and of its small letter differ only in this bit. */
const CASE_BIT = 0x20;
/** The first surrogate (RFC 3629 section 3). All codes below the first surrogate are whole characters. */
const FIRST_SURROGATE = 0xd800;
/**
 * Maps the code of the letter after a backslash to the code of the escaped character. The code is zero for a letter that no
 * escape uses.
 */
const ESCAPED = new Uint8Array(128);
for (const [index, letter] of Array.from('"\\/bfnrt').entries()) {
  ESCAPED[letter.charCodeAt(0)] = '"\\/\b\f\n\r\t'.charCodeAt(index);
}
/**
 * Add a number's exponent to the count of its digits before the point. If the sum is at most this limit, the number is
 * certainly finite.
 */
const MAX_SAFE_DIGITS = 308;

/**
 * Checks a whole JSON text, character by character and without making objects. Keeps the string values of the wanted
 * members of the outermost object. The plugin also checks tokens without a valid signature this way, so the check must
 * cost little for every text. The loops keep the position in a local variable, which is much faster than a field.
 */
export class JsonCheck {
  readonly #text: string;
  readonly #wanted: WantedMembers;
  readonly #found: Record<string, string | null> = Object.create(null);
  #position = 0;
  #members = 0;
  #objects = 0;
  /** The hash of the last name's characters. */
  #hash = 0;
  /** The position of the last string's closing quote. */
  #stringEnd = 0;
  /** How many surrogates of the current string have no partner yet. */
  #lone = 0;
  /** The position after the last high surrogate. A low surrogate at this position is its partner. */
  #highEnd = -1;

  constructor(text: string, wanted: WantedMembers) {
    this.#text = text;
    this.#wanted = wanted;
  }

  /**
   * @returns the wanted members that the object has. A member is null if its value is not a string. Returns undefined
   *   if the text is not a JSON object.
   * @throws JsonError if the text is rejected.
   */
  run(): Readonly<Record<string, string | null>> | undefined {
    knownNames.begin(this.#text);
    const first = this.#skipWhitespace();
    this.#checkValue(first, 0);
    this.#skipWhitespace();
    if (this.#position !== this.#text.length) {
      throw jsonError("text after the value");
    }
    return first === OPEN_OBJECT ? this.#found : undefined;
  }

  /** Returns the code of the next character that is not whitespace. Returns NaN at the end of the text. */
  #skipWhitespace(): number {
    const text = this.#text;
    let position = this.#position;
    let code = text.charCodeAt(position);
    while (code <= BLANK && isWhitespace(code)) {
      position += 1;
      code = text.charCodeAt(position);
    }
    this.#position = position;
    return code;
  }

  /** Skips whitespace and then the character with this code. Returns false if the next character is a different one. */
  #takeNext(code: number): boolean {
    if (this.#skipWhitespace() !== code) {
      return false;
    }
    this.#position += 1;
    return true;
  }

  #countMember(): void {
    this.#members += 1;
    if (this.#members > MAX_JSON_MEMBERS) {
      throw jsonError("too many members");
    }
  }

  /**
   * Checks one value.
   *
   * @param first the code of the value's first character, at the position.
   */
  #checkValue(first: number, depth: number): void {
    if (first === QUOTE) {
      this.#checkString();
    } else if (isDigit(first) || first === MINUS) {
      this.#checkNumber(first);
    } else if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      this.#checkNested(first, depth);
    } else {
      this.#checkLiteral(first);
    }
  }

  #checkNested(first: number, depth: number): void {
    if (depth >= MAX_JSON_DEPTH) {
      throw jsonError("nested too deep");
    }
    this.#position += 1;
    if (first === OPEN_OBJECT) {
      this.#checkObject(depth + 1);
    } else {
      this.#checkArray(depth + 1);
    }
  }

  #checkLiteral(first: number): void {
    const word = first === SMALL_T ? "true" : first === SMALL_F ? "false" : "null";
    if (!this.#text.startsWith(word, this.#position)) {
      throw jsonError("bad value");
    }
    this.#position += word.length;
  }

  #checkArray(depth: number): void {
    if (this.#takeNext(CLOSE_ARRAY)) {
      return;
    }
    do {
      this.#countMember();
      this.#checkValue(this.#skipWhitespace(), depth);
    } while (this.#takeNext(COMMA));
    if (!this.#takeNext(CLOSE_ARRAY)) {
      throw jsonError("bad array");
    }
  }

  #checkObject(depth: number): void {
    if (this.#takeNext(CLOSE_OBJECT)) {
      return;
    }
    this.#objects += 1;
    const object = this.#objects;
    do {
      const start = this.#checkName(object);
      const end = this.#stringEnd;
      const hash = this.#hash;
      this.#countMember();
      if (!this.#takeNext(COLON)) {
        throw jsonError("bad object");
      }
      const first = this.#skipWhitespace();
      const valueStart = this.#position + 1;
      this.#checkValue(first, depth);
      if (depth === 1 && (this.#wanted.bits & bitOf(hash)) !== 0) {
        this.#keepIfWanted(hash, start, end, first === QUOTE ? valueStart : undefined);
      }
    } while (this.#takeNext(COMMA));
    if (!this.#takeNext(CLOSE_OBJECT)) {
      throw jsonError("bad object");
    }
  }

  /** Checks a member's name, and returns the position of the name's first character. */
  #checkName(object: number): number {
    if (this.#skipWhitespace() !== QUOTE) {
      throw jsonError("bad member name");
    }
    const start = this.#position + 1;
    this.#hash = this.#checkString();
    if (!knownNames.add(object, this.#hash, start, this.#stringEnd)) {
      throw jsonError("duplicate member");
    }
    return start;
  }

  /**
   * @param start the start of the member's name, which ends at `end`.
   * @param valueStart the start of the member's string value, which is the last checked string; undefined if the value
   * is not a string.
   */
  #keepIfWanted(hash: number, start: number, end: number, valueStart: number | undefined): void {
    for (const wanted of this.#wanted.members) {
      if (wanted.hash === hash && knownNames.read(start, end) === wanted.name) {
        this.#found[wanted.name] = valueStart === undefined ? null : knownNames.read(valueStart, this.#stringEnd);
      }
    }
  }

  /**
   * Checks a string, from the quote at the position.
   *
   * @returns the hash of the string's characters. An escape counts as the character that it encodes.
   */
  #checkString(): number {
    const text = this.#text;
    let position = this.#position + 1;
    let hash = knownNames.seed;
    for (let code = text.charCodeAt(position); code !== QUOTE; code = text.charCodeAt(position)) {
      if (isPlain(code)) {
        position += 1;
      } else {
        code = this.#readSpecial(code, position);
        position = this.#position;
      }
      hash = knownNames.mix(hash, code);
    }
    if (this.#lone > 0) {
      throw jsonError("lone surrogate in a string");
    }
    this.#stringEnd = position;
    this.#position = position + 1;
    return hash;
  }

  /** Reads an escape or a character that is not plain, and returns the character's code. */
  #readSpecial(code: number, start: number): number {
    if (!(code >= BLANK)) {
      throw jsonError(code < BLANK ? "control character in a string" : "ends inside a string");
    }
    this.#position = start + 1;
    const read = code === BACKSLASH ? this.#readEscape() : code;
    if (isLowSurrogate(read)) {
      this.#lone += start === this.#highEnd ? -1 : 1;
    } else if (isSurrogate(read)) {
      this.#lone += 1;
      this.#highEnd = this.#position;
    }
    return read;
  }

  /** Returns the code of the escaped character. The position must be after the backslash. */
  #readEscape(): number {
    const letter = this.#text.charCodeAt(this.#position);
    this.#position += 1;
    if (letter === SMALL_U) {
      const high = readHexPair(this.#text, this.#position);
      const low = readHexPair(this.#text, this.#position + 2);
      if (high === NO_HEX || low === NO_HEX) {
        throw jsonError("bad \\u escape");
      }
      this.#position += 4;
      return high * 256 + low;
    }
    const code = ESCAPED[letter];
    if (!code) {
      throw jsonError("bad escape");
    }
    return code;
  }

  /** RFC 8259 section 6. */
  #checkNumber(first: number): void {
    const text = this.#text;
    const start = this.#position;
    const integerStart = first === MINUS ? start + 1 : start;
    const integerEnd = text.charCodeAt(integerStart) === ZERO ? integerStart + 1 : skipDigits(text, integerStart);
    if (integerEnd === integerStart) {
      throw jsonError("bad value");
    }
    const fractionEnd = skipFraction(text, integerEnd);
    const end = skipExponent(text, fractionEnd);
    const digits = integerEnd - integerStart + readExponent(text, fractionEnd, end);
    if (digits > MAX_SAFE_DIGITS && !Number.isFinite(Number(text.slice(start, end)))) {
      throw jsonError("number out of range");
    }
    this.#position = end;
  }
}

/** Returns the position after the digits that start at `position`. */
function skipDigits(text: string, position: number): number {
  let end = position;
  while (isDigit(text.charCodeAt(end))) {
    end += 1;
  }
  return end;
}

/** Returns the position after a fraction: a point with digits. If there is no fraction, returns the start position. */
function skipFraction(text: string, position: number): number {
  const end = text.charCodeAt(position) === DOT ? skipDigits(text, position + 1) : position;
  return end > position + 1 ? end : position;
}

/**
 * Returns the position after an exponent. If there is no exponent, or if the exponent has no digits, returns the start
 * position.
 */
function skipExponent(text: string, position: number): number {
  if ((text.charCodeAt(position) | CASE_BIT) !== SMALL_E) {
    return position;
  }
  const sign = text.charCodeAt(position + 1);
  const start = sign === PLUS || sign === MINUS ? position + 2 : position + 1;
  const end = skipDigits(text, start);
  return end > start ? end : position;
}

/** Reads the exponent between two positions as a number. An absent or negative exponent counts as zero. */
function readExponent(text: string, start: number, end: number): number {
  let exponent = 0;
  for (let position = start + 1; position < end; position += 1) {
    const code = text.charCodeAt(position);
    if (code === MINUS) {
      return 0;
    }
    exponent = code === PLUS ? 0 : exponent * 10 + code - ZERO;
  }
  return exponent;
}

function isWhitespace(code: number): boolean {
  return code === BLANK || code === LINE_FEED || code === CARRIAGE_RETURN || code === TAB;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/**
 * Whether the character needs no special treatment in a string: it is no control character, no backslash, and below the
 * surrogates.
 */
function isPlain(code: number): boolean {
  return code >= BLANK && code < FIRST_SURROGATE && code !== BACKSLASH;
}

function isSurrogate(code: number): boolean {
  return (code & 0xf800) === 0xd800;
}

function isLowSurrogate(code: number): boolean {
  return (code & 0xfc00) === 0xdc00;
}
