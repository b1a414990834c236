/** A decimal text of at most this many characters is always exact (IEEE 754: 15 digits survive conversion to a double and back). */
const ALWAYS_EXACT_LENGTH = 15;
const DECIMAL = /^[-+]?(\d*)(?:\.(\d*))?(?:[eE]([-+]?\d+))?$/;

/**
 * Whether a decimal text keeps its value when it is converted to a double. The text 1e18 keeps its value, but
 * 1147953659032899585 and 1.00000000000000000001 do not. Two different exact numbers are never the same double, so
 * exact numbers can be compared as doubles.
 */
export function isExactDecimal(text: string): boolean {
  if (text.length <= ALWAYS_EXACT_LENGTH && !/[eE]/.test(text)) {
    return true;
  }
  const value = Number(text);
  return Number.isFinite(value) && normalize(text) === normalize(String(value));
}

/**
 * Returns the digits without zeros at both ends, and the power of ten of the last digit. Ignores the sign, because the
 * conversion to a double keeps the sign.
 */
function normalize(text: string): string | undefined {
  const [, whole = "", fraction = "", exponent = "0"] = DECIMAL.exec(text) ?? [];
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  while (digits[start] === "0") {
    start += 1;
  }
  while (end > start && digits[end - 1] === "0") {
    end -= 1;
  }
  return start === end
    ? "0"
    : `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`;
}
