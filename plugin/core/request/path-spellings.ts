import type { TemplateSegment } from "../model/operation-tree.ts";
import { pathOf } from "../text/query.ts";

/**
 * Some servers treat different spellings of a path as the same path. The spellings differ in upper and lower case, in
 * compatible or invisible characters, or in needless escapes. Other spellings have an additional slash, dot, space or
 * format such as `.json` at the end of the path. The plugin itself compares paths without any conversion. If the
 * operation for `/users/me` is stricter than the operation for `/users/{id}`, `/users/ME` must not pass as an `{id}`.
 */

const ASCII = /^[\0-\x7f]*$/;
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/**
 * Matches white space and control characters beyond ASCII, except characters that NFKC converts to a space. An example
 * is U+0085. Some servers drop these characters at the ends of a segment.
 */
const OTHER_SPACES = /[\p{Cc}\p{Zl}\p{Zp}\u1680]/gu;
const ESCAPED_ASCII = /%([2-7][0-9a-f])/gi;
/** Characters that a path may have without an escape (RFC 3986 section 3.3). */
const NEEDS_NO_ESCAPE = /[A-Za-z0-9\-._~!$&'()*+,=:@]/;
const DROPPED_AT_END = new Set([" ", ".", "+"]);

/** Writes a template in the lenient form, for the comparison with {@link lenientSpellings}. */
export function toLenientTemplate(segments: readonly TemplateSegment[]): readonly TemplateSegment[] {
  const last = segments.at(-1);
  const endsWithSlash = segments.length > 1 && last?.kind === "literal" && last.text === "";
  return (endsWithSlash ? segments.slice(0, -1) : segments).map(toLenientSegment);
}

function toLenientSegment(segment: TemplateSegment): TemplateSegment {
  switch (segment.kind) {
    case "literal":
      return { kind: "literal", text: fold(segment.text) };
    case "affixed":
      return { kind: "affixed", prefix: fold(segment.prefix), suffix: fold(segment.suffix) };
    default:
      return segment;
  }
}

/**
 * How lenient servers may read a path: they convert the path to lower case and ignore a slash at the end. Some servers
 * also drop dots and spaces at the ends of segments. Some servers also drop the format at the end, from the first or
 * the last dot on.
 *
 * @param path decoded segments.
 */
export function lenientSpellings(path: readonly string[]): readonly (readonly string[])[] {
  const folded = withoutSlash(path.map(fold));
  const trimmed = withoutSlash(folded.map(trim));
  const last = trimmed.at(-1) ?? "";
  const dots = [last.indexOf(".", 1), last.lastIndexOf(".")].filter((dot) => dot > 0);
  const bare = dots.map((dot) => trim(last.slice(0, dot)));
  const spellings = [folded, trimmed, ...bare.map((name) => [...trimmed.slice(0, -1), name])];
  return [...new Map(spellings.map((spelling) => [spelling.join("/"), spelling])).values()];
}

/**
 * How a server reads a path if the server does not decode needless escapes, such as `%6de` or `%3Acancel`. Returns
 * undefined if the path has no needless escape. RFC 3986 section 6.2.2.2 says that an unreserved character is equal to
 * its escape, but not every router decodes such escapes.
 *
 * @param target a request target that `splitPath` accepts.
 */
export function escapedSpelling(target: string): readonly string[] | undefined {
  let isEscaped = false;
  const kept = pathOf(target).replaceAll(ESCAPED_ASCII, (sent, hex: string) => {
    const isNeedless = NEEDS_NO_ESCAPE.test(String.fromCharCode(Number.parseInt(hex, 16)));
    isEscaped ||= isNeedless;
    return isNeedless ? `%25${hex}` : sent;
  });
  return isEscaped ? kept.slice(1).split("/").map(decodeURIComponent) : undefined;
}

function withoutSlash(path: readonly string[]): readonly string[] {
  return path.length > 1 && path.at(-1) === "" ? path.slice(0, -1) : path;
}

function fold(text: string): string {
  if (ASCII.test(text)) {
    return text.toLowerCase();
  }
  // The code first converts the text to upper case, because some letters, such as the long s, become ASCII letters only
  // in upper case.
  const compatible = text.normalize("NFKC").replaceAll(INVISIBLE, "").replaceAll(OTHER_SPACES, " ");
  return compatible.toUpperCase().toLowerCase();
}

/** This function is a loop, because a regular expression would read a long run of dots many times. */
function trim(text: string): string {
  let end = text.length;
  while (DROPPED_AT_END.has(text.charAt(end - 1))) {
    end -= 1;
  }
  return text.slice(0, end).trimStart();
}
