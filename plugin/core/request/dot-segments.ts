// biome-ignore-all lint/suspicious/noControlCharactersInRegex: clients send control characters, and servers drop them.
import { MAX_TARGET_LENGTH } from "../model/request.ts";
import { decodePercent } from "../text/decode.ts";
import { NO_HEX, readHexPair } from "../text/hex-pair.ts";
import { pathOf } from "../text/query.ts";

/**
 * Finds dot segments (RFC 3986 section 5.2.4) in a path. The search covers every way in which common servers read
 * paths. Servers differ in which characters they read as dots, slashes and ends of segments. Known differences are
 * repeated encoding, overlong UTF-8, Unicode compatibility characters, backslashes, and path parameters (`/..;x/`).
 */

/**
 * In a decoded path, this character replaces each slash that the client sent unencoded. So each `/` in a decoded path comes from
 * an escape.
 */
const SLASH = "\x01";
/** Placeholder for a byte that was lost in decoding. */
const LOST = "\x7f";
/** How many times in a row the plugin decodes a path. No server decodes a path so many times. */
const MAX_ROUNDS = 6;

/** Matches a segment that has lost bytes. Its other characters are only dots, and characters that some server drops. */
const UNKNOWN_SEGMENT = /(?:^|[\x01/\\])[.\0\x02-\x20+]*\x7f[.\x7f\0\x02-\x20+]*(?=[\x01/\\;?#]|$)/;
const PERCENT = 0x25;
const SMALL_U = 0x75;
/** The codes of a capital letter and of its small letter differ only in this bit. */
const CASE_BIT = 0x20;
/** The lengths of an escape such as `%2e`, and of an escape such as `%u002e`. */
const ESCAPE_SIZE = 3;
const WIDE_SIZE = 6;
/**
 * The longest compatible form (NFKC) has 18 characters, for U+FDFA. The escape of U+FDFA has six characters. So each
 * character of an escape yields at most three.
 */
const MOST_CHARACTERS_OF_WIDE = 3;
// Overlong forms of `%`, `.`, `/`, `;` and `\` (RFC 3629 section 10). Lenient decoders read only the last six bits of
// each byte after the first.
const OVERLONG =
  /(?:\xc0|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\0@\x80\xc0])([%e\xa5\xe5.n\xae\xee/o\xaf\xef;{\xbb\xfb])|(?:\xc1|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\x01A\x81\xc1])[\x1c\\\x9c\xdc]/g;
/** Nested escapes such as `%2525` all decode to `%`, so the code decodes all levels of nesting in one round. */
const NESTED_PERCENT = /%(?:25)+/g;
const LONGER = /[\x7f-\uffff]/;
const SLASH_ALIKES = /[\u2044\u2215]/g;
/** All characters whose compatible form has a dot. */
const DOT_ALIKE = /[.\u2024-\u2026\u2488-\u249b\u33c2\u33d8\ufe19\ufe30\ufe52\uff0e\u{1f100}]/u;
const ENCODED_SLASH = /%2f/i;
/** The compatible forms (NFKC) of these Arabic letters are long, but contain neither dots nor slashes. */
const LIGATURES = /[\ufb50-\ufdff]+/g;
/**
 * An unusual path has dots beyond ASCII, or escapes that are nested, broken or not UTF-8. Checking an unusual path in
 * all ways costs up to a hundred times as much as checking a plain path. Unusual paths with more than 512 bytes
 * are rejected, because honest clients do not send them.
 */
export const MAX_UNUSUAL_BYTES = 512;
/**
 * If a path has escapes or characters beyond ASCII, the plugin reads it twice: as sent, and decoded. If such a path has
 * more than 4,096 characters, the plugin rejects it, because honest clients do not send such long paths.
 */
const MAX_DECODED_LENGTH = 4_096;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Whether some common server may read a dot segment in the path. A path with dot segments may lead out of the Kong
 * Route, so no rule can decide about the path. Also returns true for a path that is too long to check.
 *
 * @param target path and optional query, exactly as sent, in any form.
 */
export function hasDotSegment(target: string): boolean {
  const path = pathOf(target);
  if (path.length > MAX_TARGET_LENGTH) {
    return true;
  }
  if (!path.includes("%") && !LONGER.test(path)) {
    return hasDots(path, KINDS_AS_SENT);
  }
  if (path.length > MAX_DECODED_LENGTH) {
    return true;
  }
  const text = decodeUsual(path);
  if (text === undefined) {
    return hasUnusualDotSegment(encodeUtf8(markSlashes(path)));
  }
  return hasDots(path, KINDS_AS_SENT) || hasUsualDotSegment(path, text);
}

/** @param text the decoded path. */
function hasUsualDotSegment(path: string, text: string): boolean {
  const mayHaveAlikes = LONGER.test(text) && DOT_ALIKE.test(text);
  const hasEncodedSlash = ENCODED_SLASH.test(path);
  if (text.length > MAX_UNUSUAL_BYTES) {
    return mayHaveAlikes || (text !== path && hasDots(text, hasEncodedSlash ? KINDS_DECODED : KINDS_AS_SENT));
  }
  if (!mayHaveAlikes && !hasEncodedSlash) {
    return hasDots(text, KINDS_AS_SENT);
  }
  const marked = decodeURIComponent(markSlashes(path));
  return hasDots(marked, KINDS_DECODED) || (mayHaveAlikes && readsAsDots(toAsciiAlikes(marked)));
}

function markSlashes(path: string): string {
  return path.replaceAll("/", SLASH);
}

/** Decodes a path that all servers decode alike: in one round, and as UTF-8. Returns undefined for every other path. */
function decodeUsual(path: string): string | undefined {
  const text = decodePercent(path);
  return text === undefined || /[%\x7f\ufffd]/.test(text) ? undefined : text;
}

/** @param path the path in UTF-8, with its slashes marked. */
function hasUnusualDotSegment(path: Uint8Array): boolean {
  if (path.length > MAX_UNUSUAL_BYTES) {
    return true;
  }
  let reading = textOf(path);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    reading = reading.replaceAll(NESTED_PERCENT, "%").replaceAll(OVERLONG, shorten);
    const compatible = toCompatible(reading);
    if (readsAsDots(reading) || (compatible !== reading && readsAsDots(compatible))) {
      return true;
    }
    const decoded = decodeOnce(reading);
    if (decoded === reading) {
      return false;
    }
    reading = decoded;
  }
  return true;
}

function readsAsDots(reading: string): boolean {
  return hasDots(reading, KINDS_DECODED) || (reading.includes(LOST) && UNKNOWN_SEGMENT.test(reading));
}

/**
 * The kinds of characters in a path. A solid character is an ordinary character of a name, or any character beyond
 * ASCII.
 */
const SOLID = 0;
/** A character that some server drops: a space, a control character or `+`. */
const DROPPED = 1;
const A_DOT = 2;
/** A slash that the client sent as a slash. */
const SENT_SLASH = 3;
/** A slash that Kong does not treat as a slash. */
const OTHER_SLASH = 4;
/** A character at which some server ends the path, or ends the name in a segment. */
const END = 5;
/** A byte that may be a slash, or a part of a dot. */
const UNKNOWN = 6;
const KIND_COUNT = UNKNOWN + 1;
const ASCII = 0x80;
/** The kind of each ASCII character in a path without escaped slashes. The client sent each `/` as a slash. */
const KINDS_AS_SENT = listKinds(SENT_SLASH);
/** The kind of each ASCII character in a path with decoded slashes. Each `/` counts as a decoded slash (`%2F`). */
const KINDS_DECODED = listKinds(OTHER_SLASH);

function listKinds(slash: number): Uint8Array {
  const kinds = new Uint8Array(ASCII);
  kinds.fill(DROPPED, 0, 0x21);
  for (const [characters, kind] of [
    ["+", DROPPED],
    [".", A_DOT],
    ["/", slash],
    [SLASH, SENT_SLASH],
    ["\\", OTHER_SLASH],
    [";?#", END],
    [LOST, UNKNOWN],
  ] as const) {
    for (const character of characters) {
      kinds[character.charCodeAt(0)] = kind;
    }
  }
  return kinds;
}

/**
 * What a segment contains up to the current position. `FRESH`: neither dots nor solid characters. `DOTS`: dots but no
 * solid characters. `NAMED`: at least one solid character.
 */
const FRESH = 0;
const DOTS = 1;
const NAMED = 2;
/**
 * The number of dots at the end of the text up to the current position. A byte that may be a part of a dot counts as a
 * dot. More than two dots count as two, and the count ignores characters that some server drops.
 */
const TWO_DOTS = 2;

const DOT_COUNTS = TWO_DOTS + 1;
/** A state of the check consists of a segment's content and a number of dots. In the last state, the path has a dot segment. */
const FOUND = (NAMED + 1) * DOT_COUNTS;
/**
 * The table has one row for each state. A row has the next state for each kind of character. The table stores each next
 * state as the position of its row, so a step needs no multiplication.
 */
const STEPS = Uint8Array.from(
  { length: (FOUND + 1) * KIND_COUNT },
  (_, index) => KIND_COUNT * nextState(Math.floor(index / KIND_COUNT), index % KIND_COUNT),
);

function nextState(state: number, kind: number): number {
  const segment = Math.floor(state / DOT_COUNTS);
  const dots = state % DOT_COUNTS;
  const isBared = dots === TWO_DOTS && (kind === OTHER_SLASH || kind === END);
  if (state === FOUND || isBared || (segment === DOTS && kind >= SENT_SLASH)) {
    return FOUND;
  }
  return nextSegment(segment, kind) * DOT_COUNTS + countDots(dots, kind);
}

/**
 * Whether a segment has only dots, or may have only dots after Kong removes the Route's path. Kong strips `/route` from
 * `/route..%2fx`, which leaves a dot segment. The check takes one pass, and looks each step up in a table. Regular
 * expressions and branches would cost several times as much in a path with thousands of slashes and dots.
 */
function hasDots(reading: string, kinds: Uint8Array): boolean {
  if (!reading.includes(".") && !reading.includes(LOST)) {
    return false;
  }
  let row = 0; // The first state is a fresh segment without dots.
  for (let index = 0; index < reading.length; index += 1) {
    const code = reading.charCodeAt(index);
    const kind = code < ASCII ? (kinds[code] as number) : SOLID;
    row = STEPS[row + kind] as number;
  }
  const state = row / KIND_COUNT;
  return state === FOUND || Math.floor(state / DOT_COUNTS) === DOTS;
}

function nextSegment(segment: number, kind: number): number {
  switch (kind) {
    case DROPPED:
      return segment;
    case A_DOT:
      return segment === NAMED ? NAMED : DOTS;
    case SOLID:
    case END:
      return NAMED;
    default:
      return FRESH;
  }
}

function countDots(dots: number, kind: number): number {
  switch (kind) {
    case A_DOT:
    case UNKNOWN:
      return Math.min(dots + 1, TWO_DOTS);
    case DROPPED:
      return dots;
    default:
      return 0;
  }
}

/** Counts the bytes of a path in UTF-8. A character that replaces a lost byte counts as one byte. */
export function countBytes(path: string): number {
  return encodeUtf8(path).length;
}

function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text.replaceAll("\ufffd", LOST));
}

/** Returns a text with one character for each byte. */
function textOf(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, undefined, bytes); // `fromCharCode(...bytes)` takes several times as long.
}

/**
 * The code loops over bytes. A regular expression that calls a function for each escape takes several times as long.
 */
function decodeOnce(bytes: string): string {
  if (!bytes.includes("%")) {
    return bytes;
  }
  const decoded = new Uint8Array(bytes.length * MOST_CHARACTERS_OF_WIDE);
  let length = 0;
  let position = 0;
  while (position < bytes.length) {
    const size = sizeOfCharacter(bytes, position);
    if (size === WIDE_SIZE) {
      for (const character of decodeWide(bytes, position)) {
        decoded[length] = character.charCodeAt(0);
        length += 1;
      }
    } else {
      decoded[length] = size === ESCAPE_SIZE ? readHexPair(bytes, position + 1) : bytes.charCodeAt(position);
      length += 1;
    }
    position += size;
  }
  return textOf(decoded.subarray(0, length));
}

/** Returns the length of the escape at the position, or one if no escape starts there. */
function sizeOfCharacter(bytes: string, position: number): number {
  if (bytes.charCodeAt(position) !== PERCENT) {
    return 1;
  }
  if (readHexPair(bytes, position + 1) !== NO_HEX) {
    return ESCAPE_SIZE;
  }
  const isWide = (bytes.charCodeAt(position + 1) | CASE_BIT) === SMALL_U;
  const hasDigits = readHexPair(bytes, position + 2) !== NO_HEX && readHexPair(bytes, position + 4) !== NO_HEX;
  return isWide && hasDigits ? WIDE_SIZE : 1;
}

/** Decodes an escape such as `%u002e`, which some servers know. */
function decodeWide(bytes: string, position: number): string {
  const high = readHexPair(bytes, position + 2);
  const character = String.fromCharCode(high * 256 + readHexPair(bytes, position + 4));
  return high === 0 ? character : toAscii(character.normalize("NFKC"));
}

/** Only dots and slashes matter, so every other character beyond ASCII becomes a letter. */
function toAscii(text: string): string {
  return text.replaceAll(SLASH_ALIKES, "/").replaceAll(/[^\0-\x7f]/g, "x");
}

function shorten(_sequence: string, last: string | undefined): string {
  return last === undefined ? "\\" : String.fromCharCode(last.charCodeAt(0) & 0x3f);
}

/**
 * Reads the path like a server that replaces look-alikes of ASCII characters. For example, U+FF0E becomes a dot. This
 * server also drops bytes that it cannot decode.
 */
function toCompatible(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) {
    return bytes;
  }
  const array = new Uint8Array(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) {
    array[index] = bytes.charCodeAt(index);
  }
  return toAsciiAlikes(decoder.decode(array));
}

function toAsciiAlikes(text: string): string {
  return text
    .replaceAll(LIGATURES, "x")
    .normalize("NFKC")
    .replaceAll(SLASH_ALIKES, "/")
    .replaceAll(/[\p{Cf}\ufffd]/gu, "");
}
