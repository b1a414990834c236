import { decodePercent } from "./decode.ts";
import { createCandidatePattern, SuspectNames } from "./folded-name.ts";
import { NO_HEX, readHexPair } from "./hex-pair.ts";
import { rememberPatterns } from "./name-patterns.ts";

/**
 * Reads and removes one parameter in a request's query (application/x-www-form-urlencoded, URL standard section 5.1).
 * All other parameters stay unchanged. A query is read in one pass over its characters, because a client can send 7,800
 * empty parameters.
 */

const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const ESCAPE_LENGTH = 3;
/**
 * The plugin compares at most this many names in full. It compares a name only if the name begins like the wanted name,
 * or with an escape. Only a client that wants to cause load sends more than 256 such names, so the plugin treats this
 * client's query as unclear.
 */
const MAX_CANDIDATES = 256;
const MAX_SPACED_LENGTH = 1_024;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/g;
const candidates = rememberPatterns((name) => createCandidatePattern(name, "&;"));
const MISMATCH = -1;

/** The path of a request target, without its query. */
export function pathOf(target: string): string {
  const end = target.indexOf("?");
  return end === -1 ? target : target.slice(0, end);
}

/** The query of a request target, without its `?`; undefined when the target has no query. */
export function queryOf(target: string): string | undefined {
  const start = target.indexOf("?");
  return start === -1 ? undefined : target.slice(start + 1);
}

/**
 * The decoded values of all parameters with this name, in order. Names are decoded and then compared as bytes. Returns
 * undefined when servers may read the query differently. Servers may differ if a name or a value has an invalid escape,
 * if the query has a `#`, or if only some servers give a parameter this name.
 *
 * @param name plain ASCII.
 */
export function readParameters(query: string, name: string): readonly string[] | undefined {
  if (query.includes("#") || hasBrokenName(query)) {
    return undefined;
  }
  const suspects = new SuspectNames(name, false);
  const values: string[] = [];
  const pattern = candidates(name);
  pattern.lastIndex = 0;
  let left = MAX_CANDIDATES;
  for (let found = pattern.exec(query); found; found = pattern.exec(query)) {
    left -= 1;
    const own = left < 0 ? undefined : readCandidate(query, found.index, name, suspects);
    if (!own) {
      return undefined;
    }
    values.push(...own);
  }
  return values;
}

/**
 * Reads the parameter after the separator at `index`. If the parameter's name is `name`, the result has the decoded
 * value. If the parameter has another name, the result has no value. Returns undefined when servers may read the
 * parameter differently.
 */
function readCandidate(
  query: string,
  index: number,
  name: string,
  suspects: SuspectNames,
): readonly string[] | undefined {
  const separator = query.charCodeAt(index);
  const start = index + (separator === AMPERSAND || separator === SEMICOLON ? 1 : 0);
  const { isNamed, end: nameEnd } = compareName(query, start, name);
  if (!isNamed || separator === SEMICOLON) {
    return suspects.has(query, start, endOfInnerName(query, start)) ? undefined : [];
  }
  const end = findEnd(query, nameEnd);
  const value = decode(query.slice(Math.min(nameEnd + 1, end), end));
  return value === undefined ? undefined : [value];
}

/**
 * Whether a name has an invalid escape. Also returns true for a query with very many invalid escapes, because honest
 * clients do not send such queries.
 */
function hasBrokenName(query: string): boolean {
  let left = MAX_CANDIDATES;
  for (let start = 0; start < query.length; ) {
    BROKEN_ESCAPE.lastIndex = start;
    const { index } = BROKEN_ESCAPE.exec(query) ?? {};
    if (index === undefined) {
      return false;
    }
    left -= 1;
    const isInValue = query.lastIndexOf("=", index) > query.lastIndexOf("&", index);
    if (!isInValue || left < 0) {
      return true;
    }
    start = findEnd(query, index);
  }
  return false;
}

/** Removes all parameters with this name, in any spelling. All other parameters stay unchanged. */
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

/**
 * Removes the parameter from one part of the query. Old servers also end a parameter at `;`, so a part can contain
 * several parameters. Returns undefined if no text is left.
 */
function removeInner(part: string, suspects: SuspectNames): string | undefined {
  const kept = part.split(";").filter((inner) => !suspects.has(inner, 0, endOfName(inner, 0, inner.length)));
  return kept.length === 0 ? undefined : kept.join(";");
}

/**
 * Returns the start of the first inner part that some server reads as the parameter; undefined if no part is suspect.
 */
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

/**
 * Returns the end of the name that begins at `start`, as old servers read it. Old servers also end a parameter at `;`.
 */
function endOfInnerName(query: string, start: number): number {
  let position = start;
  for (; position < query.length; position += 1) {
    const code = query.charCodeAt(position);
    if (code === EQUALS || code === SEMICOLON || code === AMPERSAND) {
      break;
    }
  }
  return position;
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
  isNamed: boolean;
  /**
   * If the two names are equal, this is the position at which the name ends: at `=`, at `&` or at the end of the query.
   * If the names differ, this is the first position at which they differ.
   */
  end: number;
}

// All comparisons use one object, because a query can have thousands of names. Callers must not keep the object.
const comparison: NameComparison = { end: 0, isNamed: false };

/** Decodes the name of the parameter that starts at `start` and compares it with `name`. An invalid escape counts as text. */
function compareName(query: string, start: number, name: string): Readonly<NameComparison> {
  let matched = 0;
  let position = start;
  while (position < query.length) {
    let code = query.charCodeAt(position);
    if (code === AMPERSAND || code === EQUALS) {
      break;
    }
    if (code === PLUS) {
      code = SPACE;
    } else if (code === PERCENT) {
      const byte = readHexPair(query, position + 1);
      if (byte !== NO_HEX) {
        code = byte;
        position += ESCAPE_LENGTH - 1;
      }
    }
    if (code !== name.charCodeAt(matched)) {
      matched = MISMATCH;
      break;
    }
    matched += 1;
    position += 1;
  }
  comparison.end = position;
  comparison.isNamed = matched === name.length;
  return comparison;
}

/** The index of the next `&`, or the length of the query. */
function findEnd(query: string, start: number): number {
  return skipUntil(query, start, query.length, AMPERSAND);
}

/**
 * Decodes the value of a parameter. Returns undefined if an escape is invalid. Also returns undefined if the escaped
 * bytes are not UTF-8, or if a long value has a space. Such values cannot be tokens, and replacing thousands of `+` by
 * spaces takes long.
 */
function decode(text: string): string | undefined {
  const hasSpace = text.includes("+");
  if (hasSpace && text.length > MAX_SPACED_LENGTH) {
    return undefined;
  }
  return decodePercent(hasSpace ? text.replaceAll("+", " ") : text);
}
