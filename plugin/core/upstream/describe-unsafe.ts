import { InexactNumber, type JsonValue } from "../json/json.ts";
import { findFirst } from "../model/claim-reference.ts";
import type { HeaderMapping } from "../model/policy.ts";
import type { VerifiedToken } from "../model/token.ts";

const NOT_VISIBLE_ASCII = /[^\x20-\x7e]/u;
/** The encoding `percent` turns one character into at most this many bytes: three bytes of UTF-8, each as `%XX`. */
const MAX_GROWTH = 9;
const utf8 = new TextEncoder();

/**
 * Says why a header cannot carry the value of a mapping. The text does not show the value. If a character cannot be
 * sent, the text shows this one character.
 */
export function describeUnsafe(mapping: HeaderMapping, { claims, payload }: VerifiedToken): string {
  const { source, header, maxBytes } = mapping;
  if (source.from !== "claim") {
    return `${source.from} for header ${header}: it has ${Math.ceil((payload.length * 4) / 3)} bytes, at most ${maxBytes} are allowed`;
  }
  const { claim, value } = findFirst(claims, source.claims) ?? {};
  const why = value === undefined ? "it cannot be read" : explain(mapping, value);
  return `claim "${claim?.text}" for header ${header}: ${why}`;
}

function explain(mapping: HeaderMapping, value: JsonValue): string {
  const { encoding, maxBytes } = mapping;
  if (encoding === "json") {
    const { length } = utf8.encode(JSON.stringify(value));
    return length > (maxBytes / 4) * 3
      ? `its JSON has ${length} bytes, and at most ${maxBytes} bytes in base64url are allowed`
      : "it has a number that may be rounded";
  }
  return Array.isArray(value) ? explainList(mapping, value) : explainScalar(mapping, value, "it");
}

function explainList(mapping: HeaderMapping, list: readonly JsonValue[]): string {
  const { separator, maxBytes } = mapping;
  if (list.length === 0) {
    return "it is an empty list";
  }
  const strange = list.findIndex((item) => typeof item !== "string");
  if (strange !== -1) {
    return `element ${strange + 1} of its list is not a string`;
  }
  const texts = list as readonly string[];
  const unsafe = texts.findIndex((text) => findFault(mapping, text) !== undefined);
  if (unsafe !== -1) {
    return explainScalar(mapping, texts[unsafe] ?? "", `element ${unsafe + 1} of its list`);
  }
  const splitting = texts.findIndex((text) => text.includes(separator));
  const length = texts.reduce((sum, text) => sum + text.length + separator.length, -separator.length);
  // If each element gets a header of its own, the reason is always a wrong element, and the code above has reported it.
  return splitting !== -1
    ? `element ${splitting + 1} of its list contains the separator ${JSON.stringify(separator)}`
    : `its list has ${length} bytes, at most ${maxBytes} are allowed`;
}

function explainScalar(mapping: HeaderMapping, value: JsonValue, what: string): string {
  if (value instanceof InexactNumber || (typeof value === "number" && !Number.isSafeInteger(value))) {
    const shown = value instanceof InexactNumber ? `about ${value.rounded}` : String(value);
    return `the number ${shown} is not a whole number up to 2^53, so it may be rounded`;
  }
  if (typeof value === "object") {
    return "it is an object, which only `encoding: json` can send";
  }
  return `${what} ${findFault(mapping, String(value)) ?? "cannot be sent"}`;
}

function findFault({ encoding, maxBytes }: HeaderMapping, text: string): string | undefined {
  if (text.length > maxBytes) {
    return `has ${text.length} characters, at most ${maxBytes} bytes are allowed`;
  }
  if (text === "") {
    return "is an empty string";
  }
  if (encoding !== "text") {
    // With an encoding, all characters can be sent, so a string can fail only because it is too long.
    return text.length * MAX_GROWTH > maxBytes
      ? `has ${text.length} characters, and more than ${maxBytes} bytes after the encoding ${encoding}`
      : undefined;
  }
  const [char] = NOT_VISIBLE_ASCII.exec(text) ?? [];
  if (char !== undefined) {
    return `has a character that is not visible ASCII: U+${nameCode(char)} at position ${text.indexOf(char) + 1} of ${text.length}`;
  }
  return text.trim() === text ? undefined : "begins or ends with a space";
}

function nameCode(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
