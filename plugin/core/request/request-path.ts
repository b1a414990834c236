import { decodePercent } from "../text/decode.ts";
import { pathOf } from "../text/query.ts";

/**
 * Splits a request's path into segments, if the raw path and every way to normalise it agree. Kong, nginx and upstreams
 * differ in how they read `%2F`, `//`, `/../` or `;x=y`. A decision that depends on the path must not depend on how one
 * server decodes the path.
 */

/** Templates have at most this many segments, so a longer path cannot match. */
export const MAX_PATH_SEGMENTS = 32;

// Matches all characters except the unreserved characters and sub-delims of RFC 3986 section 3.3. Also matches `;`,
// because some servers cut off parameters at a `;`.
const UNUSUAL_CHARACTER = /[^A-Za-z0-9\-._~!$&'()*+,=:@%/]/;
// Matches broken escapes, and escapes of characters that have a special meaning when unencoded: `%00`-`%1F`, `%25`,
// `%2E`, `%2F`, `%3B`, `%5C`, `%7F`.
const MISLEADING_ESCAPE = /%(?:[01][0-9a-f]|25|2e|2f|3b|5c|7f|(?![0-9a-f]{2}))/i;
const DOTS_OR_EMPTY = /\/(?:\.{0,2}\/|\.{1,2}$)/;

/**
 * Splits the path of a request target in origin form (RFC 9112 section 3.2.1) and decodes each segment: `/a/b` → `["a",
 * "b"]`, `/` → `[""]`. Returns undefined when servers may read the path differently.
 *
 * @param target path and optional query exactly as the client sent them.
 */
export function splitPath(target: string): readonly string[] | undefined {
  const path = pathOf(target);
  const isMisleading = DOTS_OR_EMPTY.test(path) || UNUSUAL_CHARACTER.test(path) || MISLEADING_ESCAPE.test(path);
  if (!path.startsWith("/") || isMisleading) {
    return undefined;
  }
  // The path has no encoded slashes, so it can be decoded before it is split.
  return decodePercent(path.slice(1))?.split("/", MAX_PATH_SEGMENTS + 1);
}
