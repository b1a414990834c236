import { InexactNumber, type JsonValue } from "./json.ts";

// Blanks, control characters and characters without a glyph, such as U+200B, are invisible.
const VISIBLE = /[^\p{White_Space}\p{Cc}\p{Default_Ignorable_Code_Point}]/u;

/**
 * The one rule for whether a claim has a value. These have none: absent claims, null, texts without a visible character, and lists and
 * maps of only such values. `false` and `0` are values. Headers and Kong's identity follow stricter rules (propagate.ts, identity.ts).
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
