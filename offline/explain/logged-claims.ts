import type { JsonObject, JsonValue } from "../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../plugin/core/model/claim-reference.ts";
import type { Requirement } from "../compare/search/formula.ts";
import { assembleToken, type PartValue, partOf, type TokenFrame } from "../compare/search/token-space.ts";

/** Whether a requirement is met: undefined if it is not known. */
export type Facts = (requirement: Requirement) => boolean | undefined;

/**
 * What the claims of a log line say about requirements.
 *
 * @param claims by claim reference. The token may have more claims.
 */
export function readLoggedClaims(claims: ReadonlyMap<string, unknown>, frame: TokenFrame): Facts {
  const parts = new Map(
    [...claims].map(([text, value]) => [partOf(parseClaimReference(text).path), value as PartValue] as const),
  );
  const token = { ...assembleToken(frame, parts), typ: undefined };
  return (requirement) => {
    const isLogged =
      requirement.reads.length > 0 && requirement.reads.every((part) => isKnown(part, parts, token.claims));
    return isLogged && !requirement.text.includes("equals_header") ? requirement.holds(token) : undefined;
  };
}

/** Whether the line has the value of this claim. A claim that the line does not have may still be in the token. */
function isKnown(part: string, parts: ReadonlyMap<string, PartValue>, claims: JsonObject): boolean {
  if (!part.startsWith("/")) {
    return false;
  }
  if (parts.has(part)) {
    return true;
  }
  // A claim inside of one that the line has.
  const outer = [...parts.keys()].find((name) => part.startsWith(`${name}/`));
  return outer !== undefined && (claims as Record<string, JsonValue>)[outer.slice(1)] !== undefined;
}
