import { NO_HEX, readHexPair } from "./hex-pair.ts";

/** More rounds of decoding than any server does. */
const MAX_ROUNDS = 3;
/** How many names of one request are compared in full. Only a client that wants to cause load sends more suspect names. */
const MAX_SUSPECTS = 64;
const NOT_VISIBLE_ENDS = /^[^\x21-\x7e]+|[^\x21-\x7e]+$/g;

/** Finds names that some server may read as the wanted one. A request can have hundreds, so most are excluded by their first characters. */
export class SuspectNames {
  readonly #name: string;
  readonly #isCookie: boolean;
  #left = MAX_SUSPECTS;

  /**
   * @param name plain ASCII.
   * @param isCookie whether these are names of cookies. Some servers drop spaces, control characters and bytes beyond ASCII from them.
   */
  constructor(name: string, isCookie: boolean) {
    this.#name = name;
    this.#isCookie = isCookie;
  }

  /**
   * Whether the name from `start` to `end` in a text is suspect. After too many names that begin like the wanted one, every further such
   * name is suspect.
   */
  has(text: string, start: number, end: number): boolean {
    if (end - start < this.#name.length || !beginsAlike(text, start, end, this.#name)) {
      return false;
    }
    this.#left -= 1;
    const own = text.slice(start, end);
    return this.#left < 0 || isReadAs(this.#isCookie ? own.replaceAll(NOT_VISIBLE, "") : own, this.#name);
  }
}

const PLUS = 0x2b;
const DOT = 0x2e;
const PERCENT = 0x25;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const UNDERSCORE = 0x5f;
const SPACE = 0x20;
const NOT_VISIBLE = /[^\x21-\x7e]+/g;

/**
 * Compares the first word of two names. False only for a name that no server takes for the wanted one. Every reading starts with this
 * word, after characters that some server drops or takes for an underscore.
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
      return true; // A nested escape, or a broken one that some server may read as text.
    }
    if (isUncertain(code)) {
      if (matched > nameStart) {
        return true; // After the first word, servers differ.
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

/** Whether some server drops the character, or takes it for an underscore. */
function isUncertain(code: number): boolean {
  return code <= SPACE || code >= 0x7f || code === PLUS || code === CLOSE || isJoint(code);
}

/** Whether some server takes the character for an underscore. */
function isJoint(code: number): boolean {
  return code === DOT || code === OPEN || code === UNDERSCORE;
}

/**
 * Whether some common server reads this name of a parameter or cookie as `name`, although the bytes differ.
 *
 * PHP reads `.`, spaces and `[` as `_`. It drops leading spaces and everything after a NUL. PHP, Rack and Node's `qs` read `name[]`,
 * `name[key]` and `[name]` as `name`. ASP.NET ignores case. Some servers decode escapes twice.
 *
 * @param text as the client sent it, with its escapes.
 * @param name plain ASCII.
 */
function isReadAs(text: string, name: string): boolean {
  // No server makes a name longer.
  if (text.length < name.length) {
    return false;
  }
  const wanted = fold(name);
  let reading = text.replaceAll("+", " ");
  for (let round = 0; round <= MAX_ROUNDS; round += 1) {
    if (readingsOf(reading).includes(wanted)) {
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

/** Each escaped byte becomes one character. */
function decode(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The whole name, the part before a bracket, and the part before a dot. Some servers use a dot in nested names. */
function readingsOf(text: string): readonly string[] {
  const [untilNul = ""] = text.split("\0", 1);
  const visible = untilNul.replaceAll(NOT_VISIBLE_ENDS, "");
  const unwrapped = visible.replace(/^[[\]]+/, "");
  const [outer = ""] = unwrapped.split(/[[\]]/, 1);
  const [first = ""] = unwrapped.split(".", 1);
  return [visible, unwrapped, outer, first].map(fold);
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll(/[ .[]/g, "_");
}
