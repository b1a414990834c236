/**
 * Splits a request's path into segments, if the raw path and every way to normalise it agree. Kong, nginx and upstreams
 * differ in how they read `%2F`, `//`, `/../` or `;x=y`. A decision by path must not depend on one server's reading.
 */

/** The limit for segments of a path template, so longer paths cannot match. */
export const MAX_PATH_SEGMENTS = 32;

// Unreserved characters and sub-delims of RFC 3986 section 3.3, without `;`: some servers cut off parameters there.
const PLAIN_SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})*$/;
// Escapes of characters that have a meaning when unencoded: `%00`-`%1F`, `%25`, `%2E`, `%2F`, `%3B`, `%5C`, `%7F`.
const MISLEADING_ESCAPE = /%(?:[01][0-9a-f]|25|2e|2f|3b|5c|7f)/i;

/**
 * Splits the path of a request target in origin form (RFC 9112 section 3.2.1) and decodes each segment: `/a/b` → `["a", "b"]`,
 * `/` → `[""]`. Undefined when servers may read the path differently.
 *
 * @param target path and optional query exactly as the client sent them.
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
