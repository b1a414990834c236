import type { IncomingHttpHeaders } from "node:http";

/** Matches a directive's name, and its value as a token or a quoted string (RFC 9111 section 5.2). */
const DIRECTIVE = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^",\s]*)))?/g;

/**
 * Returns how many seconds the process may use an answer without a new request. RFC 9111 section 4.2.1 gives the rules
 * for a private cache. An answer with contradictory or unreadable directives counts as stale. Returns undefined if the
 * answer does not state a time.
 *
 * @param now milliseconds since the epoch, used for answers without a date.
 */
export function readFreshness(headers: IncomingHttpHeaders, now: number): number | undefined {
  const directives = readDirectives(headers["cache-control"]);
  if (directives.has("no-store") || directives.has("no-cache")) {
    return 0;
  }
  const maxAges = directives.get("max-age");
  if (maxAges !== undefined) {
    const [maxAge, ...others] = maxAges.map(wholeSeconds);
    return maxAge === undefined || others.some((other) => other !== maxAge)
      ? 0
      : Math.max(0, maxAge - (wholeSeconds(headers.age) ?? 0));
  }
  if (headers.expires === undefined) {
    return undefined;
  }
  const expires = readDate(headers.expires);
  return expires === undefined ? 0 : Math.max(0, Math.floor((expires - (readDate(headers.date) ?? now)) / 1000));
}

/**
 * The server's time when it sent the answer, in milliseconds since the epoch. A cache may have stored the answer for
 * some time, so the function adds the seconds of the `Age` header to the time of the `Date` header.
 */
export function readServerTime({ date, age }: IncomingHttpHeaders): number | undefined {
  const time = readDate(date);
  return time === undefined ? undefined : time + (wholeSeconds(age) ?? 0) * 1000;
}

/**
 * The values of directives, by lower-case name. If a directive occurs twice, the list has two values. A value is undefined
 * if the directive has no value.
 */
function readDirectives(text: string | undefined): ReadonlyMap<string, readonly (string | undefined)[]> {
  const directives = new Map<string, (string | undefined)[]>();
  for (const [, name = "", quoted, token] of text?.matchAll(DIRECTIVE) ?? []) {
    const key = name.toLowerCase();
    const values = directives.get(key) ?? [];
    values.push(quoted ?? token);
    directives.set(key, values);
  }
  return directives;
}

function wholeSeconds(text: string | undefined): number | undefined {
  return text?.match(/^\d{1,10}$/) ? Number(text) : undefined;
}

function readDate(text: string | undefined): number | undefined {
  const time = text?.endsWith("GMT") ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
