// biome-ignore-all lint/suspicious/noControlCharactersInRegex: clients send them, and readers drop them.
/**
 * Dot segments (RFC 3986 section 5.2.4) in any common reading of a path. Readers differ in dots, slashes and the ends of segments. Known
 * differences are repeated encoding, overlong UTF-8, compatible characters of Unicode, backslashes, and path parameters (`/..;x/`).
 */

/** Marks a slash that the client sent unencoded, so that `/` in a reading is a decoded one. */
const SLASH = "\x01";
/** A byte that is lost in decoding. */
const LOST = "\x7f";
/** More decoding than any server does. */
const MAX_ROUNDS = 6;

// Spaces, control characters and `+`: one reader or another drops them.
const DOT_SEGMENT = /(?:^|[\x01/\\\x7f])[\0\x02-\x20+]*(?:\.[\0\x02-\x20+]*)+(?:[\x01/\\;?#\x7f]|$)/;
// Kong takes the Route's path away from `/route..%2fx`, and that lays the dots bare.
const BARED_DOTS = /\.\.[\0\x02-\x20+]*[/\\;?#]/;
const UNKNOWN_SEGMENT = /(?:^|[\x01/\\])([.\x7f\0\x02-\x20+]+)(?=[\x01/\\;?#]|$)/g;
const ESCAPE = /%(?:u([0-9a-f]{4})|([0-9a-f]{2}))/gi;
// Forms of `%`, `.`, `/`, `;` and `\` that are too long (RFC 3629 section 10). Lenient decoders look at six bits of each byte that follows.
const OVERLONG =
  /(?:\xc0|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\0@\x80\xc0])([%e\xa5\xe5.n\xae\xee/o\xaf\xef;{\xbb\xfb])|(?:\xc1|(?:\xe0|[\xf0\xf8\xfc][\0@\x80\xc0]{1,3})[\x01A\x81\xc1])[\x1c\\\x9c\xdc]/g;
/** `%2525` decodes to `%` in the end: one round instead of many. */
const NESTED_PERCENT = /%(?:25)+/g;
const LONGER = /[\x7f-\uffff]/;
const SLASH_ALIKES = /[\u2044\u2215]/g;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Whether some common reading of the path has a dot segment. Such a path may leave the Kong Route, so no rule can judge it.
 *
 * @param target path and optional query exactly as the client sent them, in any form.
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

/** Whether a segment may be dots for all that is known of it. */
function isUnknown(reading: string): boolean {
  return [...reading.matchAll(UNKNOWN_SEGMENT)].some(([, segment]) => segment?.includes(LOST));
}

/** One character for each byte. */
function toBytes(text: string): string {
  return Array.from(encoder.encode(text.replaceAll("\ufffd", LOST)), (byte) => String.fromCharCode(byte)).join("");
}

function decodeOnce(bytes: string): string {
  return bytes.replaceAll(ESCAPE, (_, wide: string | undefined, hex: string | undefined) => {
    const char = String.fromCharCode(Number.parseInt(wide ?? hex ?? "", 16));
    return char < "\u0100" ? char : toAscii(char.normalize("NFKC"));
  });
}

/** Only dots and slashes count; every other character beyond ASCII is as good as a letter. */
function toAscii(text: string): string {
  return text.replaceAll(SLASH_ALIKES, "/").replaceAll(/[^\0-\x7f]/g, "x");
}

function shorten(_sequence: string, last: string | undefined): string {
  return last === undefined ? "\\" : String.fromCharCode(last.charCodeAt(0) & 0x3f);
}

/** As servers read it that map look-alikes to ASCII, such as U+FF0E to a dot, and drop what they cannot decode. */
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
