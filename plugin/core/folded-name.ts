import { NO_HEX, readHexPair } from "./hex-pair.ts";

/** More decoding than any server does. */
const MAX_ROUNDS = 3;
/** How many names of one request are read in every way. Others need that as well only where a client wants to be costly. */
const MAX_SUSPECTS = 64;
const NOT_VISIBLE_ENDS = /^[^\x21-\x7e]+|[^\x21-\x7e]+$/g;

/** Names that some server may read as the wanted one. A request can have hundreds, so that most are told apart by their first characters. */
export class SuspectNames {
  readonly #name: string;
  readonly #isCookie: boolean;
  #left = MAX_SUSPECTS;

  /**
   * @param name plain ASCII.
   * @param isCookie in whose names readers drop spaces, control characters and bytes beyond ASCII, wherever they are.
   */
  constructor(name: string, isCookie: boolean) {
    this.#name = name;
    this.#isCookie = isCookie;
  }

  /**
   * Whether the name from `start` to `end` in a text is one of them. True for every name that begins like the wanted one once too many
   * such names were read.
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
 * Compares the first word of two names, as every reader does. False only for a name that no reader takes for the wanted one: all
 * readings begin where the name does, behind what some reader drops or takes for an underscore.
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
      return true; // An escape in an escape, or one that another reader may take for text.
    }
    if (isUncertain(code)) {
      if (matched > nameStart) {
        return true; // Behind the first word, it depends on the reader.
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

/** Characters that some reader drops, or takes for an underscore. */
function isUncertain(code: number): boolean {
  return code <= SPACE || code >= 0x7f || code === PLUS || code === CLOSE || isJoint(code);
}

/** Characters that some reader takes for an underscore. */
function isJoint(code: number): boolean {
  return code === DOT || code === OPEN || code === UNDERSCORE;
}

/**
 * Whether some common server reads this name of a parameter or cookie as `name`, although the bytes differ.
 *
 * PHP reads `.`, spaces and `[` as `_`. It drops spaces in front and everything after a NUL. PHP, Rack and Node's `qs` read `name[]`,
 * `name[key]` and `[name]` as `name`. ASP.NET ignores case. Some servers decode escapes twice.
 *
 * @param text as the client sent it, with its escapes.
 * @param name plain ASCII.
 */
function isReadAs(text: string, name: string): boolean {
  // No reader makes a name longer.
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

/** One character for each byte that was escaped. */
function decode(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The whole name, the part before a bracket, and the part before a dot, which nested names of some servers have. */
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
