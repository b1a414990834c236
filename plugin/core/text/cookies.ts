import { SuspectNames } from "./folded-name.ts";
import { escapeCharacter, rememberPatterns } from "./name-patterns.ts";

/**
 * Reads and removes one cookie in the Cookie header (RFC 6265 section 4.2.1). Other cookies are neither checked nor changed.
 * The code reads the header in one pass over its characters, because over HTTP/2 a client can send 30,000 empty
 * cookies.
 */

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const SPACE = 0x20;
const TAB = 0x09;
const FIRST_VISIBLE = 0x21;
const LAST_VISIBLE = 0x7e;
const MISMATCH = -1;

/** Two cookies with the same name already make the token ambiguous, so the search stops after two. */
const ENOUGH = 2;

const namedParts = rememberPatterns(createNamedPart);

/**
 * Returns the values of the first two cookies with exactly this name, in order. The values keep their quotes. Returns
 * undefined if a part of the header is this cookie for some servers, but not for others.
 */
export function readCookies(header: string, name: string): readonly string[] | undefined {
  const prefix = `${name}=`;
  const values: string[] = [];
  const pattern = namedParts(name);
  pattern.lastIndex = 0;
  for (let found = pattern.exec(header); found && values.length < ENOUGH; found = pattern.exec(header)) {
    const start = found.index + (header.startsWith(";", found.index) ? 1 : 0);
    const exactStart = skipBlanks(header, start);
    if (!header.startsWith(prefix, exactStart)) {
      return undefined;
    }
    const end = header.indexOf(";", pattern.lastIndex);
    values.push(header.slice(exactStart + prefix.length, end === -1 ? header.length : end));
  }
  return values;
}

/**
 * Matches the start of each part of the Cookie header that the most lenient server reads as the cookie with this name.
 * The cookie's name has only visible ASCII. The pattern skips all other characters, because some server drops them. The
 * pattern also matches a part without `=`, because some servers read such a part as a name, and others read it as a
 * value. The pattern reads each character once, because two neighbouring steps of the pattern never accept the same
 * character.
 */
function createNamedPart(name: string): RegExp {
  const dropped = "[^\\x21-\\x7e]*";
  const characters = Array.from(name, (character) => dropped + escapeCharacter(character.charCodeAt(0)));
  return new RegExp(`(?:^|;)${characters.join("")}${dropped}(?=[=;]|$)`, "g");
}

/**
 * Removes every cookie with this name, and every cookie that some server may read as a cookie with this name. All other
 * cookies stay unchanged. The result is empty when no cookie is left.
 */
export function removeCookie(header: string, name: string): string {
  const suspects = new SuspectNames(name, true);
  const kept: string[] = [];
  let keptFrom = 0;
  for (let start = 0; start <= header.length; ) {
    const { isNamed, end } = comparePart(header, start, name);
    if (isNamed || mayHide(header, start, end, suspects)) {
      if (start > keptFrom) {
        kept.push(header.slice(keptFrom, start - 1));
      }
      keptFrom = end + 1;
    }
    start = end + 1;
  }
  if (keptFrom === 0) {
    return header;
  }
  if (keptFrom <= header.length) {
    kept.push(header.slice(keptFrom));
  }
  const rest = kept.join(";");
  return rest.slice(skipBlanks(rest, 0));
}

/**
 * Whether some servers, but not all, find this cookie in a part of the header. For example, only old servers end a
 * cookie at a comma. The plugin removes such a part, but does not reject the request. Otherwise, another host of the
 * same domain could set such a cookie in a user's browser, and the plugin would then reject the user's requests.
 */
function mayHide(header: string, start: number, end: number, suspects: SuspectNames): boolean {
  let innerStart = start;
  let nameEnd = -1;
  for (let position = start; position <= end; position += 1) {
    const code = position === end ? COMMA : header.charCodeAt(position);
    if (code === EQUALS && nameEnd < 0) {
      nameEnd = position;
    } else if (code === COMMA) {
      if (suspects.has(header, innerStart, nameEnd < 0 ? position : nameEnd)) {
        return true;
      }
      innerStart = position + 1;
      nameEnd = -1;
    }
  }
  return false;
}

interface PartComparison {
  /** The end of the part, at `;` or the end of the header. */
  end: number;
  isNamed: boolean;
}

// All comparisons use one object, because a header can have thousands of parts. Callers must not keep the object.
const comparison: PartComparison = { end: 0, isNamed: false };

/**
 * Compares the name of the part that starts at `start` with `name`, as the most lenient server does. The cookie's name
 * has only visible ASCII. All other characters are skipped, because some server drops them. The function also compares
 * a part without `=`, because some servers read such a part as a name, and others read it as a value.
 */
function comparePart(header: string, start: number, name: string): Readonly<PartComparison> {
  let matched = 0;
  let position = start;
  for (; position < header.length; position += 1) {
    const code = header.charCodeAt(position);
    if (code === SEMICOLON || code === EQUALS) {
      break;
    }
    if (code >= FIRST_VISIBLE && code <= LAST_VISIBLE) {
      if (code !== name.charCodeAt(matched)) {
        matched = MISMATCH;
        break;
      }
      matched += 1;
    }
  }
  comparison.end = findEnd(header, position);
  comparison.isNamed = matched === name.length;
  return comparison;
}

/** The index of the next `;`, or the length of the header. */
function findEnd(header: string, start: number): number {
  let position = start;
  while (position < header.length && header.charCodeAt(position) !== SEMICOLON) {
    position += 1;
  }
  return position;
}

/** The index of the first character from `start` on that is neither a space nor a tab. */
function skipBlanks(text: string, start: number): number {
  let position = start;
  while (position < text.length) {
    const code = text.charCodeAt(position);
    if (code !== SPACE && code !== TAB) {
      break;
    }
    position += 1;
  }
  return position;
}
