const SECONDS_PER_UNIT: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Converts a string like `30s` or `5m` to seconds. The schema has already checked the form of the string. */
export function durationSeconds(text: string): number {
  const unit = SECONDS_PER_UNIT[text.slice(-1)];
  if (unit === undefined) {
    throw new RangeError(`not a duration: ${text}`);
  }
  return Number(text.slice(0, -1)) * unit;
}
