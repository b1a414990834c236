/**
 * A request's query, as far as one parameter is concerned (application/x-www-form-urlencoded, URL standard section 5.1). Everything
 * else in it stays as it came. One pass over the characters reads a query: a client can send 7,800 empty parameters.
 */

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const PLUS = 0x2b;
const SPACE = 0x20;
const NO_HEX = -1;
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
 * @returns undefined when a name, or one of these values, cannot be decoded, or when readers do not agree where the query ends.
 */
export function readParameters(query: string, name: string): readonly string[] | undefined {
  if (query.includes("#")) {
    return undefined;
  }
  const values: string[] = [];
  for (let start = 0; start <= query.length; ) {
    const own = compareName(query, start, name);
    if (own.isMalformed) {
      return undefined;
    }
    const end = findEnd(query, own.end);
    if (own.isNamed) {
      const value = decode(query.slice(Math.min(own.end + 1, end), end));
      if (value === undefined) {
        return undefined;
      }
      values.push(value);
    }
    start = end + 1;
  }
  return values;
}

/** The query without any parameter of this name, however it is encoded; the others byte for byte. */
export function removeParameter(query: string, name: string): string {
  const kept: string[] = [];
  let keptFrom = 0;
  for (let start = 0; start <= query.length; ) {
    const own = compareName(query, start, name);
    const end = findEnd(query, own.end);
    if (own.isNamed) {
      if (start > keptFrom) {
        kept.push(query.slice(keptFrom, start - 1));
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
  // Most parameters are short: a look at the character is faster than a call of the engine's search.
  let position = start;
  while (position < query.length && query.charCodeAt(position) !== AMPERSAND) {
    position += 1;
  }
  return position;
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

/** Decodes the two hexadecimal digits at `position`; {@link NO_HEX} where they are none. */
function readHexPair(text: string, position: number): number {
  const high = hexDigit(text.charCodeAt(position));
  const low = hexDigit(text.charCodeAt(position + 1));
  return high === NO_HEX || low === NO_HEX ? NO_HEX : high * 16 + low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) {
    return code - 0x30;
  }
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : NO_HEX;
}
