import { SuspectNames } from "./folded-name.ts";
import { NO_HEX, readHexPair } from "./hex-pair.ts";

/**
 * A request's query, as far as one parameter is concerned (application/x-www-form-urlencoded, URL standard section 5.1). Everything
 * else in it stays as it came. One pass over the characters reads a query: a client can send 7,800 empty parameters.
 */

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const ESCAPE_LENGTH = 3;
/** A name has no character at this index, so that a mismatch stays one. */
const MISMATCH = -1;

/** The query of a request target, without its `?`; undefined when there is none. */
export function queryOf(target: string): string | undefined {
  const start = target.indexOf("?");
  return start === -1 ? undefined : target.slice(start + 1);
}

/**
 * The decoded values of all parameters with this name, in their order. Names are compared once they are decoded, as bytes.
 *
 * @param name plain ASCII.
 * @returns undefined when a name, or one of these values, cannot be decoded, when readers do not agree where the query ends, or when
 *   another parameter has this name for some servers.
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

/** The query without any parameter of this name, in whatever spelling; the others byte for byte. */
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

/** Old servers end a parameter at `;` as well. What is left of one without the parameter; undefined when nothing is. */
function removeInner(part: string, suspects: SuspectNames): string | undefined {
  const kept = part.split(";").filter((inner) => !suspects.has(inner, 0, endOfName(inner, 0, inner.length)));
  return kept.length === 0 ? undefined : kept.join(";");
}

/** Where the first inner part starts that some server reads as the parameter; undefined when there is none. */
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

/** The index of the next such character, or `end`. */
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
  /** Whether an escape in the name is broken. */
  isMalformed: boolean;
}

// One object for all comparisons: a query can have thousands of names. No caller keeps it.
const comparison: NameComparison = { end: 0, isNamed: false, isMalformed: false };

/** Compares the name of the parameter that starts at `start`, decoded, with `name`. A broken escape counts as text. */
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

/** One character for each byte that was escaped; undefined when an escape is broken. */
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
