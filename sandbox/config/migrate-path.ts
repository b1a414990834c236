/** Characters of a path that was not a regular expression before format 3.0. */
const PLAIN_PATH = /^[a-zA-Z0-9.\-_~/%]*$/;

/** Converts a path of format 1.1 or 2.1, as Kong does: a path with any other character was a regular expression. */
export function migratePath(path: string): string {
  return PLAIN_PATH.test(path) || path.startsWith("~/") ? path : `~${path}`;
}
