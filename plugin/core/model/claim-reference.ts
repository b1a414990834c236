import { isJsonObject, type JsonObject, type JsonValue } from "../json/json.ts";

/** Names a claim: a top-level member, or a member further inside by JSON Pointer (RFC 6901). */
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
