/**
 * Strict JSON for tokens and keys. `JSON.parse` lets the last of two equal member names win, keeps no bound on depth and turns
 * `1e400` into Infinity; each of these lets two readers of one token disagree (RFC 8725bis section 2.13, RFC 8259 section 4).
 */

import { isExactDecimal } from "./exact-number.ts";

/** A number whose value a double cannot hold. It equals no other number; only times are rounded. */
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

/** A JSON value. Objects have no prototype, so a member named `__proto__` is a member like any other. */
export type JsonValue = null | boolean | number | InexactNumber | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/** Deepest nesting of arrays and objects that is read. */
export const MAX_JSON_DEPTH = 16;
/** Most object members and array elements in a token, counted over the whole text. */
export const MAX_JSON_MEMBERS = 1024;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Up to the next quote, backslash, control character or end; strings without escapes are one match.
const PLAIN_CHARACTERS = /[ !#-[\]-\uffff]*/y;
const WHITESPACE = /[ \t\n\r]*/y;
/** The highest code of a whitespace character: tokens rarely have any, so most looks end here. */
const BLANK = 0x20;
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

/**
 * Reads one JSON object.
 *
 * @param maxMembers most object members and array elements, counted over the whole text.
 * @returns the object, or the reason why the text is refused as a short fixed phrase without any of its content.
 */
export function readJsonObject(
  text: string,
  maxMembers: number = MAX_JSON_MEMBERS,
): { readonly object: JsonObject } | { readonly refused: string } {
  let position = 0;
  let members = 0;

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
  const readString = (): string => {
    let value = match(PLAIN_CHARACTERS) ?? "";
    while (!takeIf('"')) {
      if (!takeIf("\\")) {
        refuse(position >= text.length ? "ends inside a string" : "control character in a string");
      }
      value += readEscape();
      value += match(PLAIN_CHARACTERS) ?? "";
    }
    return value.isWellFormed() ? value : refuse("lone surrogate in a string");
  };
  const readArray = (depth: number): readonly JsonValue[] => {
    const items: JsonValue[] = [];
    skipWhitespace();
    if (takeIf("]")) {
      return items;
    }
    do {
      countMember();
      items.push(readValue(depth));
    } while (takeIf(","));
    return takeIf("]") ? items : refuse("bad array");
  };
  const readObject = (depth: number): JsonObject => {
    const object: Record<string, JsonValue> = Object.create(null);
    skipWhitespace();
    if (takeIf("}")) {
      return object;
    }
    do {
      skipWhitespace();
      const name = takeIf('"') ? readString() : refuse("bad member name");
      if (name in object) {
        refuse("duplicate member");
      }
      countMember();
      skipWhitespace();
      if (!takeIf(":")) {
        refuse("bad object");
      }
      object[name] = readValue(depth);
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
    return isJsonObject(value) ? { object: value } : { refused: "not an object" };
  } catch (error) {
    if (error instanceof JsonError) {
      return { refused: error.message };
    }
    throw error;
  }
}

/** Whether a value is an object, and neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber);
}

/** A number as a double, where rounding does no harm, such as for a time. Undefined for what is not a number. */
export function roundNumber(value: JsonValue | undefined): number | undefined {
  if (value instanceof InexactNumber) {
    return value.rounded;
  }
  return typeof value === "number" ? value : undefined;
}
