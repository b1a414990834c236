import { isReadAs } from "./folded-name.ts";

/**
 * The Cookie header (RFC 6265 section 4.2.1), as far as one cookie is concerned. What stands in the others is their readers'
 * affair: they are neither checked nor changed.
 */

/**
 * The values of all cookies with exactly this name, in their order, with quotes where there are any.
 *
 * @returns undefined when something is such a cookie to some readers and not to others.
 */
export function readCookies(header: string, name: string): readonly string[] | undefined {
  const pairs = header
    .split(";")
    .filter((part) => nameOf(part) === name)
    .map(trimStart);
  const prefix = `${name}=`;
  return pairs.every((pair) => pair.startsWith(prefix)) ? pairs.map((pair) => pair.slice(prefix.length)) : undefined;
}

/** The header without any cookie of this name, and whatever may pass for one; the others byte for byte. Empty when none is left. */
export function removeCookie(header: string, name: string): string {
  const parts = header.split(";");
  const kept = parts.filter((part) => !mayBe(part, name));
  return kept.length === parts.length ? header : trimStart(kept.join(";"));
}

// Spaces, control characters, and whatever stands for bytes beyond ASCII: no name has them, and at its ends one reader or another drops each.
const NOT_IN_NAMES = /[^\x21-\x7e]+/g;

/**
 * Whether some server reads the part as this cookie, or finds this cookie in it: old ones end a cookie at a comma as well. Such a cookie
 * is removed and not refused, because another host of the domain can plant it in a user's browser.
 */
function mayBe(part: string, name: string): boolean {
  return part.split(",").some((inner) => isReadAs(nameOf(inner), name));
}

/** The name as the most generous reader has it; a part without `=` is a name to some, and a value to others. */
function nameOf(part: string): string {
  const end = part.indexOf("=");
  return (end === -1 ? part : part.slice(0, end)).replaceAll(NOT_IN_NAMES, "");
}

function trimStart(text: string): string {
  return text.replace(/^[ \t]+/, "");
}
