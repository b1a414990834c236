import type { JsonObject, JsonValue } from "../../plugin/core/json/json.ts";
import { parseClaimReference } from "../../plugin/core/model/claim-reference.ts";
import type { Requirement } from "../compare/search/formula.ts";
import { assembleToken, type PartValue, partOf, type TokenFrame } from "../compare/search/token-space.ts";

/** Returns whether a requirement is met. Returns undefined if the log line does not contain the answer. */
export type Facts = (requirement: Requirement) => boolean | undefined;

/**
 * Checks requirements with the claims of a log line.
 *
 * @param claims the logged claims, by claim reference. The token may have more claims.
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

/** Whether the log line has the value of this claim. If the line lacks a claim, the token may still have the claim. */
function isKnown(part: string, parts: ReadonlyMap<string, PartValue>, claims: JsonObject): boolean {
  if (!part.startsWith("/")) {
    return false;
  }
  if (parts.has(part)) {
    return true;
  }
  // The claim may be inside another claim that the log line has.
  const outer = [...parts.keys()].find((name) => part.startsWith(`${name}/`));
  return outer !== undefined && (claims as Record<string, JsonValue>)[outer.slice(1)] !== undefined;
}
