import { durationSeconds } from "../../plugin/policy/language/duration.ts";

/** The claims that are times in seconds since the epoch (RFC 7519 section 4.1, OpenID Connect Core section 2). */
export const TIME_CLAIMS: readonly string[] = ["exp", "iat", "nbf", "auth_time"];

const RELATIVE = /^([+-])((?:0|[1-9][0-9]{0,8})[smhd])$/;
const MEANT_AS_TIME = /^[+-]|^[0-9]+ *[a-z]+$|^[0-9]{4}-/i;

/**
 * A time such as `+5m`, `-10s`, `now` or `2026-01-01T00:00:00Z`, in seconds. Returns undefined if the string is not a
 * time.
 */
export function readTime(text: string, nowSeconds: number): number | undefined {
  if (text === "now") {
    return nowSeconds;
  }
  const [, sign, duration] = RELATIVE.exec(text) ?? [];
  if (duration !== undefined) {
    return nowSeconds + (sign === "-" ? -1 : 1) * durationSeconds(duration);
  }
  const isDate = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$/.test(text);
  const milliseconds = isDate ? Date.parse(text) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

/** Whether the author most likely means a time, although {@link readTime} cannot read the string. */
export function looksLikeTime(text: string): boolean {
  return MEANT_AS_TIME.test(text);
}

/** Writes time claims relative to the current time, in the form that {@link readTime} reads. */
export function writeTimes(
  claims: Readonly<Record<string, unknown>>,
  nowSeconds: number,
): Readonly<Record<string, unknown>> {
  const written = Object.entries(claims).map(([name, value]) => [
    name,
    TIME_CLAIMS.includes(name) && typeof value === "number" ? writeTime(value - nowSeconds) : value,
  ]);
  return Object.fromEntries(written);
}

function writeTime(seconds: number): string {
  return seconds === 0 ? "now" : `${seconds > 0 ? "+" : ""}${seconds}s`;
}
