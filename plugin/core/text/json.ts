/**
 * Strict JSON for tokens and keys. `JSON.parse` keeps the last of two members with equal names, has no limit on depth and turns
 * `1e400` into Infinity. Each of these lets two parsers of one token disagree (RFC 8725bis section 2.13, RFC 8259 section 4).
 */

import { isExactDecimal } from "./exact-number.ts";
import { NameTable } from "./name-table.ts";

/** A number that a double cannot represent exactly. It equals no other number. Only times are rounded. */
export class InexactNumber {
  /** The nearest double. */
  readonly rounded: number;

  constructor(rounded: number) {
    this.rounded = rounded;
  }

  toJSON(): number {
    return this.rounded;
  }
}

/** A JSON value. Objects have no prototype, so `__proto__` is an ordinary member name. */
export type JsonValue = null | boolean | number | InexactNumber | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** Deepest accepted nesting of arrays and objects. */
export const MAX_JSON_DEPTH = 16;
/** Most object members and array elements in a token, counted over the whole text. */
export const MAX_JSON_MEMBERS = 1024;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;
/** The highest code of a whitespace character. Tokens rarely have whitespace, so this comparison is usually the only check. */
const BLANK = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FOUR_HEX_DIGITS = /[0-9a-fA-F]{4}/y;

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

class JsonError extends Error {}

const NO_MEMBERS: Record<string, JsonValue> = Object.freeze(Object.create(null));
const SEEDS = 2 ** 32;
const knownNames = new NameTable(Math.floor(Math.random() * SEEDS));

/**
 * A `Result` of the model, which text does not import. The failure says why the text is rejected: a short fixed phrase without any of
 * the text's content.
 */
type JsonRead = { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly failure: string };

/**
 * Reads one JSON object.
 *
 * @param maxMembers most object members and array elements, counted over the whole text.
 */
export function readJsonObject(text: string, maxMembers: number = MAX_JSON_MEMBERS): JsonRead {
  return read(text, maxMembers, undefined);
}

/**
 * Reads some members of one JSON object, and checks the whole text as strictly as {@link readJsonObject}. For hundreds of members, a
 * check takes a fraction of the time that it takes to build the object, which is only needed once the signature is verified.
 *
 * @param names of the wanted members, without quotes and backslashes.
 */
export function readJsonMembers(text: string, names: readonly string[]): JsonRead {
  return read(text, MAX_JSON_MEMBERS, names);
}

/** @param wanted names of the members of the outermost object to keep; undefined keeps everything. */
function read(text: string, maxMembers: number, wanted: readonly string[] | undefined): JsonRead {
  let position = 0;
  let members = 0;
  /** Whether the current value is part of the result. */
  let isKept = wanted === undefined;
  /** Whether the last string has escapes. */
  let hasEscapes = false;
  const hasLoneSurrogates = !text.isWellFormed();
  let objects = 0;
  knownNames.begin(text);

  const refuse = (why: string): never => {
    throw new JsonError(why);
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    if (!pattern.test(text)) {
      return undefined;
    }
    const start = position;
    position = pattern.lastIndex;
    return text.slice(start, position);
  };
  const skipWhitespace = (): void => {
    if (text.charCodeAt(position) <= BLANK) {
      match(WHITESPACE);
    }
  };
  const takeIf = (character: string): boolean => {
    if (text[position] !== character) {
      return false;
    }
    position += 1;
    return true;
  };
  const countMember = (): void => {
    members += 1;
    if (members > maxMembers) {
      refuse("too many members");
    }
  };

  const readEscape = (): string => {
    const letter = text[position] ?? "";
    position += 1;
    if (letter === "u") {
      const digits = match(FOUR_HEX_DIGITS) ?? refuse("bad \\u escape");
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    return ESCAPES.get(letter) ?? refuse("bad escape");
  };
  /** Skips to the next quote, backslash or control character, or to the end. */
  const skipPlainCharacters = (): void => {
    for (; position < text.length; position += 1) {
      const code = text.charCodeAt(position);
      if (code === QUOTE || code === BACKSLASH || code < BLANK) {
        return;
      }
    }
  };
  /** To save time, a string that is not kept is only built if it has escapes or the text has lone surrogates to check. */
  const readString = (): string => {
    const start = position;
    skipPlainCharacters();
    hasEscapes = false;
    if (takeIf('"')) {
      return isKept || hasLoneSurrogates ? checkString(text.slice(start, position - 1)) : "";
    }
    let value = text.slice(start, position);
    while (!takeIf('"')) {
      if (!takeIf("\\")) {
        refuse(position >= text.length ? "ends inside a string" : "control character in a string");
      }
      hasEscapes = true;
      value += readEscape();
      const plainStart = position;
      skipPlainCharacters();
      value += text.slice(plainStart, position);
    }
    return checkString(value);
  };
  const checkString = (value: string): string => (value.isWellFormed() ? value : refuse("lone surrogate in a string"));
  const readArray = (depth: number): readonly JsonValue[] => {
    const items: JsonValue[] = [];
    skipWhitespace();
    if (takeIf("]")) {
      return items;
    }
    do {
      countMember();
      const item = readValue(depth);
      if (isKept) {
        items.push(item);
      }
    } while (takeIf(","));
    return takeIf("]") ? items : refuse("bad array");
  };
  const isWanted = (start: number, end: number, decoded: string | undefined): boolean => {
    if (decoded !== undefined || wanted === undefined) {
      return decoded !== undefined && wanted?.includes(decoded) === true;
    }
    const length = end - start;
    for (const name of wanted) {
      if (name.length === length && text.startsWith(name, start)) {
        return true;
      }
    }
    return false;
  };
  /** Checks a name in an object that is not kept as a whole. Sets `isKept` if the member is wanted. */
  const checkName = (id: number, isOutermost: boolean, start: number, decoded: string | undefined): string => {
    const end = position - 1;
    if (!knownNames.add(id, start, end, decoded)) {
      refuse("duplicate member");
    }
    isKept = isOutermost && isWanted(start, end, decoded);
    return isKept ? (decoded ?? text.slice(start, end)) : "";
  };
  const readName = (object: JsonObject, id: number, isOutermost: boolean): string => {
    skipWhitespace();
    const start = position + 1;
    const name = takeIf('"') ? readString() : refuse("bad member name");
    if (isKept) {
      return name in object ? refuse("duplicate member") : name;
    }
    return checkName(id, isOutermost, start, hasEscapes ? name : undefined);
  };
  const takeColon = (): void => {
    skipWhitespace();
    if (!takeIf(":")) {
      refuse("bad object");
    }
  };
  const readObject = (depth: number): JsonObject => {
    skipWhitespace();
    if (takeIf("}")) {
      return Object.create(null);
    }
    const isOutermost = depth === 1 && wanted !== undefined;
    const object: Record<string, JsonValue> = isKept || isOutermost ? Object.create(null) : NO_MEMBERS;
    objects += 1;
    const id = objects;
    do {
      const name = readName(object, id, isOutermost);
      countMember();
      takeColon();
      const value = readValue(depth);
      if (isKept) {
        object[name] = value;
      }
      isKept &&= !isOutermost;
    } while (takeIf(","));
    return takeIf("}") ? object : refuse("bad object");
  };
  const readNumber = (): number | InexactNumber => {
    const digits = match(NUMBER) || refuse("bad value");
    const value = Number(digits);
    if (!Number.isFinite(value)) {
      refuse("number out of range");
    }
    return isExactDecimal(digits) ? value : new InexactNumber(value);
  };
  const readLiteral = (word: string, value: JsonValue): JsonValue => {
    if (!text.startsWith(word, position)) {
      refuse("bad value");
    }
    position += word.length;
    return value;
  };
  const readNested = (depth: number): JsonValue => {
    if (depth >= MAX_JSON_DEPTH) {
      refuse("nested too deep");
    }
    position += 1;
    return text[position - 1] === "[" ? readArray(depth + 1) : readObject(depth + 1);
  };
  const readValue = (depth: number): JsonValue => {
    skipWhitespace();
    const value = readBareValue(depth);
    skipWhitespace();
    return value;
  };
  const readBareValue = (depth: number): JsonValue => {
    switch (text[position]) {
      case '"':
        position += 1;
        return readString();
      case "{":
      case "[":
        return readNested(depth);
      case "t":
        return readLiteral("true", true);
      case "f":
        return readLiteral("false", false);
      case "n":
        return readLiteral("null", null);
      default:
        return readNumber();
    }
  };

  try {
    const value = readValue(0);
    if (position !== text.length) {
      refuse("text after the value");
    }
    return isJsonObject(value) ? { ok: true, value } : { ok: false, failure: "not an object" };
  } catch (error) {
    if (error instanceof JsonError) {
      return { ok: false, failure: error.message };
    }
    throw error;
  }
}

/** Whether a value is an object, and neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber);
}

/** A number as a double, for uses where rounding does no harm, such as times. Undefined for any other value. */
export function roundNumber(value: JsonValue | undefined): number | undefined {
  if (value instanceof InexactNumber) {
    return value.rounded;
  }
  return typeof value === "number" ? value : undefined;
}
