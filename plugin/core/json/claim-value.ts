import { InexactNumber, type JsonValue } from "./json.ts";

// Blanks, control characters and characters without a glyph, such as U+200B, are invisible.
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * The only function that decides whether a claim has a value. Absent claims, null and strings without a visible character
 * have no value. A list or a map has no value if none of its members has a value. `false` and `0` are values. Headers
 * and Kong's identity follow stricter rules (map-claims.ts, identify-caller.ts).
 */
export function hasValue(value: JsonValue | undefined): value is NonNullable<JsonValue> {
  if (typeof value === "string") {
    return VISIBLE.test(value);
  }
  if (typeof value !== "object") {
    return value !== undefined;
  }
  return value !== null && (value instanceof InexactNumber || Object.values(value).some(hasValue));
}
