/** Longer strings are not compared, because a client can send a string of any length. */
const MAX_COMPARED = 1_024;
/** If there are more expected values than this limit, the plugin compares only the first of them. */
const MAX_CANDIDATES = 20;

type Difference = readonly [what: string, normalize: (text: string) => string];

/**
 * The kinds of differences, from the smallest to the largest. The message names the first kind that explains why two
 * values are unequal.
 */
const DIFFERENCES: readonly Difference[] = [
  ["the trailing slash", withoutSlash],
  ["white space", (text) => text.replace(/\s/g, "")],
  ["upper and lower case", (text) => text.toLowerCase()],
  ["http instead of https", (text) => text.replace(/^http:/, "https:")],
  ["the port", (text) => text.replace(/^(https?:\/\/[^/:]+):\d{1,5}/, "$1")],
  ["the scheme at its start", (text) => text.replace(/^[a-z][a-z0-9+.-]{0,20}:(?:\/\/)?/i, "")],
  ["the path after the host", (text) => text.replace(/^(https?:\/\/[^/]+)\/.*/s, "$1")],
];

/**
 * Says how a value differs from the most similar expected value, if the two values differ only a little. The function
 * also finds a value with two small differences. Returns undefined if no expected value is similar.
 */
export function describeNearMiss(value: string, expected: Iterable<string>): string | undefined {
  if (value.length > MAX_COMPARED) {
    return undefined;
  }
  const candidates = takeFirst(expected);
  for (const [what, normalize] of DIFFERENCES) {
    const normalized = normalize(value);
    if (candidates.some((candidate) => normalize(candidate) === normalized)) {
      return `differs only by ${what}`;
    }
  }
  const plain = (text: string): string =>
    DIFFERENCES.slice(0, 5).reduce((reduced, [, normalize]) => normalize(reduced), text);
  const plainValue = plain(value);
  return candidates.some((candidate) => plain(candidate) === plainValue)
    ? "differs only by the spelling of the URL"
    : undefined;
}

/**
 * Returns the end of a sentence: how the value differs a little from an expected value. Returns an empty string if no
 * expected value is similar.
 */
export function andNearMiss(value: string, expected: Iterable<string>): string {
  const difference = describeNearMiss(value, expected);
  return difference === undefined ? "" : `; it ${difference}`;
}

function withoutSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text;
}

function takeFirst(expected: Iterable<string>): readonly string[] {
  const candidates: string[] = [];
  for (const candidate of expected) {
    if (candidates.length === MAX_CANDIDATES) {
      break;
    }
    if (candidate.length <= MAX_COMPARED) {
      candidates.push(candidate);
    }
  }
  return candidates;
}
