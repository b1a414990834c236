/**
 * Reads JSON of tokens and keys strictly. `JSON.parse` keeps the last of two members with equal names, has no limit on
 * depth and turns `1e400` into Infinity. Each of these weaknesses can make two parsers read the same token differently
 * (RFC 8725bis section 2.13, RFC 8259 section 4).
 */

import { JsonCheck, JsonError, jsonError, MAX_JSON_DEPTH, MAX_JSON_MEMBERS, type WantedMembers } from "./check-json.ts";
import { isExactDecimal } from "./exact-number.ts";

/**
 * A number that a double cannot represent exactly. In comparisons, an inexact number equals no other number. The plugin
 * uses the rounded value of an inexact number only for times, and for the tests `min` and `max`.
 */
export class InexactNumber {
  /** The double that is nearest to the number. */
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

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;
/**
 * The highest code of a whitespace character. Tokens rarely have whitespace, so a comparison with this code is usually
 * the only check.
 */
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

/**
 * The same type as `Result` in core/model, which this folder does not import. The failure says why the text is
 * rejected: a short fixed phrase without any of the text's content.
 */
type JsonRead<T = JsonObject> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly failure: string };

/** Some members of an object, by name: the member's string, or null if the value is not a string. */
export type JsonTexts = Readonly<Record<string, string | null>>;

/**
 * Reads the strings of some members of one JSON object, and checks the whole text as strictly as {@link
 * readJsonObject}. The function creates no objects, because only the claims of verified tokens are needed as objects.
 */
export function readJsonTexts(text: string, wanted: WantedMembers): JsonRead<JsonTexts> {
  return catchErrors(() => new JsonCheck(text, wanted).run());
}

/**
 * Reads one JSON object.
 *
 * @param maxMembers the largest accepted number of object members and array elements in the whole text.
 */
export function readJsonObject(text: string, maxMembers: number = MAX_JSON_MEMBERS): JsonRead {
  return catchErrors(() => {
    const value = readValue(text, maxMembers);
    return isJsonObject(value) ? value : undefined;
  });
}

function catchErrors<T>(readObject: () => T | undefined): JsonRead<T> {
  try {
    const value = readObject();
    return value ? { ok: true, value } : { ok: false, failure: "not an object" };
  } catch (error) {
    if (error instanceof JsonError) {
      return { ok: false, failure: error.message };
    }
    throw error;
  }
}

function readValue(text: string, maxMembers: number): JsonValue {
  let position = 0;
  let members = 0;

  const refuse = (why: string): never => {
    throw jsonError(why);
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
  const readString = (): string => {
    const start = position;
    skipPlainCharacters();
    let value = text.slice(start, position);
    while (!takeIf('"')) {
      if (!takeIf("\\")) {
        refuse(position >= text.length ? "ends inside a string" : "control character in a string");
      }
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
      items.push(readNext(depth));
    } while (takeIf(","));
    return takeIf("]") ? items : refuse("bad array");
  };
  const readName = (object: JsonObject): string => {
    skipWhitespace();
    const name = takeIf('"') ? readString() : refuse("bad member name");
    return name in object ? refuse("duplicate member") : name;
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
    const object: Record<string, JsonValue> = Object.create(null);
    do {
      const name = readName(object);
      countMember();
      takeColon();
      object[name] = readNext(depth);
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
  const readNext = (depth: number): JsonValue => {
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

  const value = readNext(0);
  return position === text.length ? value : refuse("text after the value");
}

/** Whether a value is an object, and neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof InexactNumber);
}

/**
 * Returns a number as a double, for uses in which rounding does no harm, such as times. Returns undefined for a value
 * that is not a number.
 */
export function roundNumber(value: JsonValue | undefined): number | undefined {
  if (value instanceof InexactNumber) {
    return value.rounded;
  }
  return typeof value === "number" ? value : undefined;
}
