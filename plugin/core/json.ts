/**
 * Strict JSON for tokens and keys. `JSON.parse` lets the last of two equal member names win, keeps no bound on depth and turns
 * `1e400` into Infinity; each of these lets two readers of one token disagree (RFC 8725bis section 2.13, RFC 8259 section 4).
 */

/** A JSON value. Objects have no prototype, so a member named `__proto__` is a member like any other. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [member: string]: JsonValue;
}

/**
 * A JSON value as it is read first: an object of hundreds of members takes three times as long to make as a map of them. Only a token
 * whose signature holds is worth an object.
 */
type JsonTree = null | boolean | number | string | readonly JsonTree[] | JsonMembers;
export type JsonMembers = ReadonlyMap<string, JsonTree>;

const NO_MEMBERS: JsonMembers = new Map();

/** Deepest nesting of arrays and objects that is read. */
export const MAX_JSON_DEPTH = 16;
/** Most object members and array elements in a token, counted over the whole text. */
export const MAX_JSON_MEMBERS = 1024;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WHITESPACE = /[ \t\n\r]*/y;
/** The highest code of a whitespace character: tokens rarely have any, so most looks end here. */
const BLANK = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_SURROGATE = 0xd800;
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
  const read = readJsonMembers(text, maxMembers);
  return "refused" in read ? read : { object: toJsonObject(read.members) };
}

/** Reads one JSON object as strictly, and leaves it to {@link toJsonObject} to make an object of its members. */
export function readJsonMembers(
  text: string,
  maxMembers: number = MAX_JSON_MEMBERS,
): { readonly members: JsonMembers } | { readonly refused: string } {
  let position = 0;
  let members = 0;
  /** Whether the string being read may have half of a surrogate pair. */
  let hasSurrogates = false;

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
      hasSurrogates = true;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    return ESCAPES.get(letter) ?? refuse("bad escape");
  };
  /** Up to the next quote, backslash, control character or end. */
  const readPlainCharacters = (): string => {
    const start = position;
    for (; position < text.length; position += 1) {
      const code = text.charCodeAt(position);
      if (code === QUOTE || code === BACKSLASH || code < BLANK) {
        break;
      }
      hasSurrogates ||= code >= FIRST_SURROGATE;
    }
    return text.slice(start, position);
  };
  const readString = (): string => {
    hasSurrogates = false;
    let value = readPlainCharacters();
    while (!takeIf('"')) {
      if (!takeIf("\\")) {
        refuse(position >= text.length ? "ends inside a string" : "control character in a string");
      }
      value += readEscape();
      value += readPlainCharacters();
    }
    return !hasSurrogates || value.isWellFormed() ? value : refuse("lone surrogate in a string");
  };
  const readArray = (depth: number): readonly JsonTree[] => {
    const items: JsonTree[] = [];
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
  const readObject = (depth: number): JsonMembers => {
    skipWhitespace();
    if (takeIf("}")) {
      return NO_MEMBERS;
    }
    const object = new Map<string, JsonTree>();
    do {
      skipWhitespace();
      const name = takeIf('"') ? readString() : refuse("bad member name");
      if (object.has(name)) {
        refuse("duplicate member");
      }
      countMember();
      skipWhitespace();
      if (!takeIf(":")) {
        refuse("bad object");
      }
      object.set(name, readValue(depth));
    } while (takeIf(","));
    return takeIf("}") ? object : refuse("bad object");
  };
  const readNumber = (): number => {
    const value = Number(match(NUMBER) || refuse("bad value"));
    return Number.isFinite(value) ? value : refuse("number out of range");
  };
  const readLiteral = (word: string, value: JsonTree): JsonTree => {
    if (!text.startsWith(word, position)) {
      refuse("bad value");
    }
    position += word.length;
    return value;
  };
  const readNested = (depth: number): JsonTree => {
    if (depth >= MAX_JSON_DEPTH) {
      refuse("nested too deep");
    }
    position += 1;
    return text[position - 1] === "[" ? readArray(depth + 1) : readObject(depth + 1);
  };
  const readValue = (depth: number): JsonTree => {
    skipWhitespace();
    const value = readBareValue(depth);
    skipWhitespace();
    return value;
  };
  const readBareValue = (depth: number): JsonTree => {
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
    return isMembers(value) ? { members: value } : { refused: "not an object" };
  } catch (error) {
    if (error instanceof JsonError) {
      return { refused: error.message };
    }
    throw error;
  }
}

/** Members as an object without a prototype, and so all objects within. */
export function toJsonObject(members: JsonMembers): JsonObject {
  const object: Record<string, JsonValue> = Object.create(null);
  for (const [name, value] of members) {
    object[name] = toJsonValue(value);
  }
  return object;
}

function toJsonValue(tree: JsonTree): JsonValue {
  if (typeof tree !== "object" || tree === null) {
    return tree;
  }
  return isMembers(tree) ? toJsonObject(tree) : tree.map(toJsonValue);
}

function isMembers(tree: JsonTree): tree is JsonMembers {
  return tree instanceof Map;
}

/** Whether a value is an object, and neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
