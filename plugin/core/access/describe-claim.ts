import type { JsonObject, JsonValue } from "../json/json.ts";
import { type ClaimReference, readClaim } from "../model/claim-reference.ts";

/** Names the claim and the kind of its value for the operator's log, but never the value itself. */
export function describeClaim(claims: JsonObject, reference: ClaimReference): string {
  const value = readClaim(claims, reference);
  return value === undefined ? `no claim ${reference.text}` : `claim ${reference.text} is ${describeKind(value)}`;
}

function describeKind(value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  if (typeof value === "string") {
    return value === "" ? "an empty text" : "a text";
  }
  if (Array.isArray(value)) {
    return describeList(value);
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function describeList(list: readonly JsonValue[]): string {
  if (list.length === 0) {
    return "an empty list";
  }
  if (!list.every((item) => typeof item === "string")) {
    return "a list that contains other things than texts";
  }
  return `a list of ${list.length} ${list.length === 1 ? "text" : "texts"}`;
}
