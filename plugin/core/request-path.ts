/**
 * The segments of a request's path, where the raw path and every way to normalise it agree. nginx, Kong and upstreams
 * differ in what they make of `%2F`, `//`, `/../` or `;x=y`; a decision by path must not depend on whose reading wins.
 */

/** More segments than any path template may have: longer paths can not match. */
export const MAX_PATH_SEGMENTS = 32;

// Unreserved characters and sub-delims of RFC 3986 section 3.3 without `;`, which some servers cut parameters at.
const PLAIN_SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})*$/;
// Encoded forms of what means something unencoded: `%00`-`%1F`, `%25`, `%2E`, `%2F`, `%3B`, `%5C`, `%7F`.
const MISLEADING_ESCAPE = /%(?:[01][0-9a-f]|25|2e|2f|3b|5c|7f)/i;

/**
 * Splits the path of a request target in origin form (RFC 9112 section 3.2.1) and decodes each segment.
 *
 * @param target path and optional query exactly as the client sent them.
 * @returns the decoded segments (`/a/b` → `["a", "b"]`, `/` → `[""]`), or undefined when readings may differ.
 */
export function splitPath(target: string): readonly string[] | undefined {
  const queryStart = target.indexOf("?");
  const path = queryStart === -1 ? target : target.slice(0, queryStart);
  if (!path.startsWith("/")) {
    return undefined;
  }
  const rawSegments = path.slice(1).split("/", MAX_PATH_SEGMENTS + 1);
  const segments: string[] = [];
  for (const [index, raw] of rawSegments.entries()) {
    const isLast = index === rawSegments.length - 1;
    const isDots = raw === "." || raw === "..";
    if (isDots || (raw === "" && !isLast) || !PLAIN_SEGMENT.test(raw) || MISLEADING_ESCAPE.test(raw)) {
      return undefined;
    }
    const decoded = decodeSegment(raw);
    if (decoded === undefined) {
      return undefined;
    }
    segments.push(decoded);
  }
  return segments;
}

function decodeSegment(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined; // Escapes that are not UTF-8.
  }
}
