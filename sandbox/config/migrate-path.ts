/** Before format 3.0, a path with only these characters was a plain path. */
const PLAIN_PATH = /^[a-zA-Z0-9.\-_~/%]*$/;

/**
 * Converts a path of format 1.1 or 2.1 as Kong does. A path with characters that are not in `PLAIN_PATH` was a regular
 * expression.
 */
export function migratePath(path: string): string {
  return PLAIN_PATH.test(path) || path.startsWith("~/") ? path : `~${path}`;
}
