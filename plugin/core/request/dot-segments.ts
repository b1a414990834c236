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
// Kong strips the Route's path from `/route..%2fx`, which leaves a dot segment.
const BARED_DOTS = /\.\.[\0\x02-\x20+]*[/\\;?#]/;
const UNKNOWN_SEGMENT = /(?:^|[\x01/\\])([.\x7f\0\x02-\x20+]+)(?=[\x01/\\;?#]|$)/g;
const ESCAPE = /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi;
// Overlong forms of `%`, `.`, `/`, `;` and `\` (RFC 3629 section 10). Lenient decoders read only six bits of each byte that follows.
const OVERLONG =
  /(?:\xc0|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\0@\x80\xc0])([%e\xa5\xe5.n\xae\xee/o\xaf\xef;{\xbb\xfb])|(?:\xc1|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\x01A\x81\xc1])[\x1c\\\x9c\xdc]/g;
/** Nested escapes such as `%2525` all end as `%`, so they are decoded in one round instead of many. */
const NESTED_PERCENT = /%(?:25)+/g;
const LONGER = /[\x7f-\uffff]/;
const SLASH_ALIKES = /[\u2044\u2215]/g;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Whether any common reading of the path has a dot segment. Such a path may leave the Kong Route, so no rule can decide about it.
 *
 * @param target path and optional query, exactly as sent, in any form.
 */
export function hasDotSegment(target: string): boolean {
  const queryStart = target.indexOf("?");
  const path = (queryStart === -1 ? target : target.slice(0, queryStart)).replaceAll("/", SLASH);
  if (!path.includes("%") && !LONGER.test(path)) {
    return readsAsDots(path);
  }
  let reading = LONGER.test(path) ? toBytes(path) : path;
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
  return Array.from(encoder.encode(text.replaceAll("\ufffd", LOST)), (byte) => String.fromCharCode(byte)).join("");
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
  const text = decoder.decode(Uint8Array.from(bytes, (char) => char.charCodeAt(0)));
  return text
    .normalize("NFKC")
    .replaceAll(SLASH_ALIKES, "/")
    .replaceAll(/[\p{Cf}\ufffd]/gu, "");
}
