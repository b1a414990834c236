const UNKNOWN = "–";
const SECOND = 1_000;
const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400 * SECOND, "d"],
  [3_600 * SECOND, "h"],
  [60 * SECOND, "min"],
  [SECOND, "s"],
];

/** Writes a number with commas between thousands. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/g, ",");
}

/** Writes a rate per second. Small rates have one decimal digit. */
export function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined) {
    return UNKNOWN;
  }
  if (perSecond < 0.05) {
    return perSecond > 0 ? "<0.1" : "0";
  }
  return perSecond >= 9.95 ? formatCount(perSecond) : perSecond.toFixed(1);
}

/**
 * Writes a part of a whole in percent. The text is `0 %` only if the part is exactly 0, and `100 %` only if the part is
 * the whole.
 */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) {
    return UNKNOWN;
  }
  const percent = Math.min(100, (100 * part) / whole);
  if (part > 0 && percent < 0.1) {
    return "<0.1 %";
  }
  if (part < whole && percent > 99.9) {
    return ">99.9 %";
  }
  return `${percent === 0 || percent === 100 ? percent : percent.toFixed(1)} %`;
}

/** Writes a period in the largest unit that fits. */
export function formatAge(ageMs: number | undefined): string {
  if (ageMs === undefined) {
    return UNKNOWN;
  }
  const [ms, unit] = UNITS.find(([ms]) => ageMs >= ms) ?? [SECOND, "s"];
  return `${Math.max(0, Math.floor(ageMs / ms))} ${unit}`;
}

/** Writes a number with its noun, for example: `1 policy`, `2 policies`. */
export function formatNumber(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}
