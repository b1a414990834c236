import { InexactNumber, isJsonObject, type JsonObject, type JsonValue } from "../text/json.ts";

/** Names a claim: a top-level member, or a place further inside by JSON Pointer (RFC 6901). */
export interface ClaimReference {
  /** As written in the policy document. Safe to log, because it comes from configuration. */
  readonly text: string;
  readonly path: readonly string[];
}

/**
 * Reads a claim reference. A text that starts with `/` is a JSON Pointer; any other text is the literal name of a top-level
 * claim, so that `https://example.com/roles` needs no escaping.
 */
export function parseClaimReference(text: string): ClaimReference {
  const path = text.startsWith("/")
    ? text
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    : [text];
  return { text, path };
}

/** The value that `reference` names, or undefined when any step is absent. A step never selects an array element. */
export function readClaim(claims: JsonObject, reference: ClaimReference): JsonValue | undefined {
  let value: JsonValue | undefined = claims;
  for (const step of reference.path) {
    if (!isJsonObject(value)) {
      return undefined;
    }
    value = value[step];
  }
  return value;
}

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
