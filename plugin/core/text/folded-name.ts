import { NO_HEX, readHexPair } from "./hex-pair.ts";
import { escapeCharacter } from "./name-patterns.ts";

/** How many times in a row the plugin decodes a name. Every server decodes a name fewer times. */
const MAX_ROUNDS = 3;
/**
 * Limits for one request: how many names the plugin compares in full, and how many characters these names have
 * together. Only a client that wants to cause load sends more or longer names.
 */
const MAX_SUSPECTS = 64;
const MAX_SUSPECT_CHARACTERS = 1_024;

/**
 * Finds names that some server may read as the wanted name. A request can have hundreds of names. So the code compares
 * the first characters of each name first, which excludes most names.
 */
export class SuspectNames {
  readonly #name: string;
  readonly #isCookie: boolean;
  #left = MAX_SUSPECTS;
  #charactersLeft = MAX_SUSPECT_CHARACTERS;

  /**
   * @param name plain ASCII.
   * @param isCookie whether these are names of cookies. Some servers drop spaces, control characters and bytes beyond
   *   ASCII from the names of cookies.
   */
  constructor(name: string, isCookie: boolean) {
    this.#name = name;
    this.#isCookie = isCookie;
  }

  /**
   * Whether the name from `start` to `end` in a string is suspect. If too many names begin like the wanted name, or if
   * their total length is too large, every further name that begins like the wanted name is suspect.
   */
  has(text: string, start: number, end: number): boolean {
    if (end - start < this.#name.length || !beginsAlike(text, start, end, this.#name)) {
      return false;
    }
    this.#left -= 1;
    this.#charactersLeft -= end - start;
    if (this.#left < 0 || this.#charactersLeft < 0) {
      return true;
    }
    const own = text.slice(start, end);
    return isReadAs(this.#isCookie ? own.replaceAll(NOT_VISIBLE, "") : own, this.#name);
  }
}

const PLUS = 0x2b;
const DOT = 0x2e;
const PERCENT = 0x25;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const UNDERSCORE = 0x5f;
const SPACE = 0x20;
const DELETE = 0x7f;
const CAPITAL_A = 0x41;
const CAPITAL_Z = 0x5a;
const SMALL_K = 0x6b;
const KELVIN_SIGN = 0x212a;
const CASE_BIT = 0x20;
const ESCAPE_LENGTH = 3;
const NOT_VISIBLE = /[^\x21-\x7e]+/g;

/**
 * Compares the first word of a name with the first word of the wanted name. If the function returns false, no server
 * reads the name as the wanted name. Before the first word, a name may have only characters that some server drops or
 * reads as underscores.
 */
function beginsAlike(text: string, start: number, end: number, name: string): boolean {
  const nameStart = skipJoints(name);
  let matched = nameStart;
  for (let position = start; position < end && matched < name.length; position += 1) {
    let code = text.charCodeAt(position);
    if (code === PERCENT) {
      code = readHexPair(text, position + 1);
      position += 2;
    }
    if (code === PERCENT || code === NO_HEX) {
      return true; // A nested escape, or a broken escape that some server may read as text.
    }
    if (isUncertain(code)) {
      if (matched > nameStart) {
        return true; // The first words match. Servers differ in how they read the characters after the first word.
      }
    } else if ((code | 0x20) === (name.charCodeAt(matched) | 0x20)) {
      matched += 1;
    } else {
      return false;
    }
  }
  return matched === name.length;
}

function skipJoints(name: string): number {
  let position = 0;
  while (position < name.length && isJoint(name.charCodeAt(position))) {
    position += 1;
  }
  return position;
}

/**
 * Finds each name that may be the wanted name, for {@link SuspectNames}. A candidate has the same first word as the
 * wanted name, or an escape inside that word. The pattern reads each character once, because two neighbouring steps of
 * the pattern never accept the same character.
 *
 * @param separators characters that can come before a name.
 */
export function createCandidatePattern(name: string, separators: string): RegExp {
  const first = skipJoints(name);
  let word = "";
  for (let index = name.length - 1; index >= first; index -= 1) {
    const code = name.charCodeAt(index);
    const letter = `[${escapeCharacter(code | CASE_BIT)}${escapeCharacter(code & ~CASE_BIT)}]`;
    word = index === first ? `(?:%|${letter}${word})` : `(?:${UNCERTAIN_OR_ESCAPE}|${letter}${word})`;
  }
  return new RegExp(`(?:^|[${separators}])${UNCERTAIN}*${word}`, "g");
}

/** The characters for which {@link isUncertain} is true. */
const UNCERTAIN = "[\\0-\\x20\\x7f-\\uffff+.[\\]_]";
const UNCERTAIN_OR_ESCAPE = "[\\0-\\x20\\x7f-\\uffff+.[\\]_%]";

/** Whether some server drops the character, or reads it as an underscore. */
function isUncertain(code: number): boolean {
  return code <= SPACE || code >= DELETE || code === PLUS || code === CLOSE || isJoint(code);
}

/** Whether some server reads the character as an underscore. */
function isJoint(code: number): boolean {
  return code === DOT || code === OPEN || code === UNDERSCORE;
}

/**
 * Whether some common server reads `text`, a name of a parameter or cookie, as `name`, although the bytes differ.
 *
 * PHP reads `.`, spaces and `[` as `_`. PHP drops leading spaces and everything after a NUL. PHP, Rack and Node's `qs`
 * read `name[]`, `name[key]` and `[name]` as `name`. ASP.NET ignores case. Some servers decode escapes twice.
 *
 * @param text as the client sent it, with its escapes.
 * @param name plain ASCII.
 */
function isReadAs(text: string, name: string): boolean {
  // When servers read a name, they may shorten it, but never lengthen it. So a text that is shorter than `name` is
  // never read as `name`.
  if (text.length < name.length) {
    return false;
  }
  let reading = text.replaceAll("+", " ");
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    if (hasReading(reading, name)) {
      return true;
    }
    const decoded = decode(reading);
    if (decoded === reading) {
      return false;
    }
    reading = decoded;
  }
  return false;
}

/** Decodes the escapes once: each escaped byte becomes one character. */
function decode(text: string): string {
  let decoded = "";
  let keptFrom = 0;
  for (let start = text.indexOf("%"); start !== -1; start = text.indexOf("%", Math.max(start + 1, keptFrom))) {
    const byte = readHexPair(text, start + 1);
    if (byte !== NO_HEX) {
      decoded += text.slice(keptFrom, start) + String.fromCharCode(byte);
      keptFrom = start + ESCAPE_LENGTH;
    }
  }
  return decoded + text.slice(keptFrom);
}

/**
 * Whether the decoded name is the wanted name. Also returns true if the part before a bracket or a dot is the wanted
 * name, because some servers use dots in nested names. Ignores invisible characters around the name, and all text after
 * a NUL.
 */
function hasReading(text: string, name: string): boolean {
  let start = 0;
  while (start < text.length && text.charCodeAt(start) !== 0 && !isVisible(text.charCodeAt(start))) {
    start += 1;
  }
  if (isFolded(text, start, name) && isInvisibleFrom(text, start + name.length)) {
    return true;
  }
  while (isBracket(text.charCodeAt(start))) {
    start += 1;
  }
  if (!isFolded(text, start, name)) {
    return false;
  }
  const end = start + name.length;
  const code = text.charCodeAt(end);
  return (
    isInvisibleFrom(text, end) ||
    (isBracket(code) && !hasBracket(text, start, end)) ||
    (code === DOT && !text.slice(start, end).includes("."))
  );
}

/**
 * Whether the text has the name at `start`. Upper and lower case count as equal. An underscore and each character that
 * some server reads as an underscore count as the same character.
 */
function isFolded(text: string, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index += 1) {
    if (fold(text.charCodeAt(start + index)) !== fold(name.charCodeAt(index))) {
      return false;
    }
  }
  return true;
}

function fold(code: number): number {
  if (code === KELVIN_SIGN) {
    return SMALL_K; // The lower case of the Kelvin sign is the letter k.
  }
  if (code === SPACE || isJoint(code)) {
    return UNDERSCORE;
  }
  return code >= CAPITAL_A && code <= CAPITAL_Z ? code | CASE_BIT : code;
}

function isInvisibleFrom(text: string, start: number): boolean {
  for (let position = start; position < text.length && text.charCodeAt(position) !== 0; position += 1) {
    if (isVisible(text.charCodeAt(position))) {
      return false;
    }
  }
  return true;
}

function isVisible(code: number): boolean {
  return code > SPACE && code < DELETE;
}

function isBracket(code: number): boolean {
  return code === OPEN || code === CLOSE;
}

function hasBracket(text: string, start: number, end: number): boolean {
  for (let position = start; position < end; position += 1) {
    if (isBracket(text.charCodeAt(position))) {
      return true;
    }
  }
  return false;
}
