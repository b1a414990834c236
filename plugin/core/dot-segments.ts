// biome-ignore-all lint/suspicious/noControlCharactersInRegex: clients send them, and readers drop them.
/**
 * Finds dot segments (RFC 3986 section 5.2.4) in any common reading of a path. Servers differ in what they take for dots, slashes and
 * ends of segments. Known differences are repeated encoding, overlong UTF-8, Unicode compatibility characters, backslashes, and path
 * parameters (`/..;x/`).
 */

/** Replaces each slash that the client sent unencoded, so that any `/` in a reading was decoded. */
const SLASH = "\x01";
/** Placeholder for a byte that was lost in decoding. */
const LOST = "\x7f";
/** More rounds of decoding than any server does. */
const MAX_ROUNDS = 6;

// Allows for spaces, control characters and `+`, because some server drops each of them.
const DOT_SEGMENT = /(?:^|[\x01/\\\x7f])[\0\x02-\x20+]*(?:\.[\0\x02-\x20+]*)+(?:[\x01/\\;?#\x7f]|$)/;
// Kong strips the Route's path from `/route..%2fx`, which leaves a dot segment. Each lost byte may be a part of a dot.
const BARED_DOTS = /[.\x7f]{2}[\0\x02-\x20+]*[/\\;?#]/;
const UNKNOWN_SEGMENT = /(?:^|[\x01/\\])([.\x7f\0\x02-\x20+]+)(?=[\x01/\\;?#]|$)/g;
const ESCAPE = /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi;
// Overlong forms of `%`, `.`, `/`, `;` and `\` (RFC 3629 section 10). Lenient decoders read only six bits of each byte that follows.
const OVERLONG =
  /(?:\xc0|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\0@\x80\xc0])([%e\xa5\xe5.n\xae\xee/o\xaf\xef;{\xbb\xfb])|(?:\xc1|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\x01A\x81\xc1])[\x1c\\\x9c\xdc]/g;
/** Nested escapes such as `%2525` all end as `%`, so they are decoded in one round instead of many. */
const NESTED_PERCENT = /%(?:25)+/g;
const LONGER = /[\x7f-\uffff]/;
const SLASH_ALIKES = /[\u2044\u2215]/g;
/** All characters whose compatible form has a dot. */
const DOT_ALIKE = /[.\u2024-\u2026\u2488-\u249b\u33c2\u33d8\ufe19\ufe30\ufe52\uff0e\u{1f100}]/u;
/** Arabic letters, whose compatible forms are long, and have neither dots nor slashes. */
const LIGATURES = /[\ufb50-\ufdff]+/g;
/**
 * The longest path that is read in all ways, if it has dots beyond ASCII or escapes that are nested, broken or not UTF-8. Reading those
 * costs up to a hundred times as much as reading a plain path, and no honest path of this kind is as long.
 */
const MAX_UNUSUAL_LENGTH = 2_048;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Whether any common reading of the path has a dot segment. Such a path may leave the Kong Route, so no rule can decide about it. Also
 * true for a path that is too long to tell.
 *
 * @param target path and optional query, exactly as sent, in any form.
 */
export function hasDotSegment(target: string): boolean {
  const queryStart = target.indexOf("?");
  const path = (queryStart === -1 ? target : target.slice(0, queryStart)).replaceAll("/", SLASH);
  const isLonger = LONGER.test(path);
  if (!isLonger && !path.includes("%")) {
    return readsAsDots(path);
  }
  const text = decodeUsual(path);
  if (text !== undefined) {
    return readsAsDots(path) || readsAsDots(text) || readsAsDotAlikes(text);
  }
  return path.length > MAX_UNUSUAL_LENGTH || hasUnusualDotSegment(isLonger ? toBytes(path) : path);
}

/** Decodes a path that all servers decode alike: in one round, and as UTF-8. Undefined for every other path. */
function decodeUsual(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return /[%\x7f\ufffd]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function readsAsDotAlikes(text: string): boolean {
  if (!LONGER.test(text) || !DOT_ALIKE.test(text)) {
    return false;
  }
  return text.length > MAX_UNUSUAL_LENGTH || readsAsDots(toAsciiAlikes(text.replaceAll(LIGATURES, "x")));
}

/** @param path each character is one byte. */
function hasUnusualDotSegment(path: string): boolean {
  let reading = path;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    reading = reading.replaceAll(NESTED_PERCENT, "%").replaceAll(OVERLONG, shorten);
    if (readsAsDots(reading) || readsAsDots(toCompatible(reading))) {
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
  return DOT_SEGMENT.test(reading) || BARED_DOTS.test(reading) || (reading.includes(LOST) && isUnknown(reading));
}

/** Whether a segment with lost bytes may be a dot segment. */
function isUnknown(reading: string): boolean {
  return [...reading.matchAll(UNKNOWN_SEGMENT)].some(([, segment]) => segment?.includes(LOST));
}

/** Each byte becomes one character. */
function toBytes(text: string): string {
  let bytes = "";
  for (const byte of encoder.encode(text.replaceAll("\ufffd", LOST))) {
    bytes += String.fromCharCode(byte);
  }
  return bytes;
}

function decodeOnce(bytes: string): string {
  return bytes.replaceAll(ESCAPE, (_, wide: string | undefined, hex: string | undefined) => {
    const char = String.fromCharCode(Number.parseInt(wide ?? hex ?? "", 16));
    return char < "\u0100" ? char : toAscii(char.normalize("NFKC"));
  });
}

/** Only dots and slashes matter, so every other character beyond ASCII becomes a letter. */
function toAscii(text: string): string {
  return text.replaceAll(SLASH_ALIKES, "/").replaceAll(/[^\0-\x7f]/g, "x");
}

function shorten(_sequence: string, last: string | undefined): string {
  return last === undefined ? "\\" : String.fromCharCode(last.charCodeAt(0) & 0x3f);
}

/** The path as read by servers that map look-alikes to ASCII, such as U+FF0E to a dot, and drop bytes that they cannot decode. */
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
    .normalize("NFKC")
    .replaceAll(SLASH_ALIKES, "/")
    .replaceAll(/[\p{Cf}\ufffd]/gu, "");
}
