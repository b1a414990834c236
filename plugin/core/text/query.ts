import { SuspectNames } from "./folded-name.ts";
import { NO_HEX, readHexPair } from "./hex-pair.ts";

/**
 * Reads and removes one parameter in a request's query (application/x-www-form-urlencoded, URL standard section 5.1). Everything else
 * stays unchanged. A query is read in one pass over its characters, because a client can send 7,800 empty parameters.
 */

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const ESCAPE_LENGTH = 3;
/** No name has a character at this index, so a mismatch stays a mismatch. */
const MISMATCH = -1;

/** The query of a request target, without its `?`; undefined when the target has no query. */
export function queryOf(target: string): string | undefined {
  const start = target.indexOf("?");
  return start === -1 ? undefined : target.slice(start + 1);
}

/**
 * The decoded values of all parameters with this name, in order. Names are decoded and then compared as bytes. Undefined when servers may
 * read the query differently: a name or one of the values has an invalid escape, the query has a `#`, or only some servers read a
 * parameter as this one.
 *
 * @param name plain ASCII.
 */
export function readParameters(query: string, name: string): readonly string[] | undefined {
  if (query.includes("#")) {
    return undefined;
  }
  const suspects = new SuspectNames(name, false);
  const values: string[] = [];
  for (let start = 0; start <= query.length; ) {
    const { isMalformed, isNamed, end: nameEnd } = compareName(query, start, name);
    if (isMalformed) {
      return undefined;
    }
    const end = findEnd(query, nameEnd);
    const hidden = findSuspect(query, isNamed ? endOfInner(query, start, end) + 1 : start, end, suspects);
    if (hidden !== undefined) {
      return undefined;
    }
    if (isNamed) {
      const value = decode(query.slice(Math.min(nameEnd + 1, end), end));
      if (value === undefined) {
        return undefined;
      }
      values.push(value);
    }
    start = end + 1;
  }
  return values;
}

/** Removes all parameters with this name, in any spelling. The others stay byte for byte. */
export function removeParameter(query: string, name: string): string {
  const suspects = new SuspectNames(name, false);
  const kept: string[] = [];
  let keptFrom = 0;
  for (let start = 0; start <= query.length; ) {
    const { isNamed, end: nameEnd } = compareName(query, start, name);
    const end = findEnd(query, nameEnd);
    if (isNamed || findSuspect(query, start, end, suspects) !== undefined) {
      if (start > keptFrom) {
        kept.push(query.slice(keptFrom, start - 1));
      }
      const rest = removeInner(query.slice(start, end), suspects);
      if (rest !== undefined) {
        kept.push(rest);
      }
      keptFrom = end + 1;
    }
    start = end + 1;
  }
  if (keptFrom <= query.length) {
    kept.push(query.slice(keptFrom));
  }
  return kept.join("&");
}

/** Removes the parameter inside one part, because old servers end a parameter at `;` as well. Undefined when no text is left. */
function removeInner(part: string, suspects: SuspectNames): string | undefined {
  const kept = part.split(";").filter((inner) => !suspects.has(inner, 0, endOfName(inner, 0, inner.length)));
  return kept.length === 0 ? undefined : kept.join(";");
}

/** The start of the first inner part that some server reads as the parameter; undefined when no part is suspect. */
function findSuspect(query: string, start: number, end: number, suspects: SuspectNames): number | undefined {
  for (let innerStart = start; innerStart <= end; ) {
    const innerEnd = endOfInner(query, innerStart, end);
    if (suspects.has(query, innerStart, endOfName(query, innerStart, innerEnd))) {
      return innerStart;
    }
    innerStart = innerEnd + 1;
  }
  return undefined;
}

function endOfInner(query: string, start: number, end: number): number {
  return skipUntil(query, start, end, SEMICOLON);
}

function endOfName(query: string, start: number, end: number): number {
  return skipUntil(query, start, end, EQUALS);
}

/** The index of the next character with the code `wanted`, or `end`. */
function skipUntil(text: string, start: number, end: number, wanted: number): number {
  let position = start;
  while (position < end && text.charCodeAt(position) !== wanted) {
    position += 1;
  }
  return position;
}

interface NameComparison {
  /** Where the name ends: at `=`, `&` or the end of the query. */
  end: number;
  isNamed: boolean;
  /** Whether the name has an invalid escape. */
  isMalformed: boolean;
}

// Reused for all comparisons, because a query can have thousands of names. Callers must not keep it.
const comparison: NameComparison = { end: 0, isNamed: false, isMalformed: false };

/** Decodes the name of the parameter that starts at `start` and compares it with `name`. An invalid escape counts as text. */
function compareName(query: string, start: number, name: string): Readonly<NameComparison> {
  let matched = 0;
  let position = start;
  comparison.isMalformed = false;
  while (position < query.length) {
    let code = query.charCodeAt(position);
    if (code === AMPERSAND || code === EQUALS) {
      break;
    }
    position += 1;
    if (code === PLUS) {
      code = SPACE;
    } else if (code === PERCENT) {
      const byte = readHexPair(query, position);
      if (byte === NO_HEX) {
        comparison.isMalformed = true;
      } else {
        code = byte;
        position += ESCAPE_LENGTH - 1;
      }
    }
    matched = code === name.charCodeAt(matched) ? matched + 1 : MISMATCH;
  }
  comparison.end = position;
  comparison.isNamed = matched === name.length;
  return comparison;
}

/** The index of the next `&`, or the length of the query. */
function findEnd(query: string, start: number): number {
  return skipUntil(query, start, query.length, AMPERSAND);
}

/** Each escaped byte becomes one character. Undefined when an escape is invalid. */
function decode(text: string): string | undefined {
  if (!text.includes("%")) {
    return text.replaceAll("+", " ");
  }
  let decoded = "";
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === PERCENT) {
      const byte = readHexPair(text, position + 1);
      if (byte === NO_HEX) {
        return undefined;
      }
      decoded += String.fromCharCode(byte);
      position += ESCAPE_LENGTH - 1;
    } else {
      decoded += code === PLUS ? " " : text.charAt(position);
    }
  }
  return decoded;
}
