import { InexactNumber, type JsonObject, type JsonValue } from "../json/json.ts";
import {
  type ClaimReference,
  findObstacle,
  type NameLocation,
  type Obstacle,
  readClaim,
} from "../model/claim-reference.ts";
import { listValues, quoteNamed } from "./quote-value.ts";

/**
 * Names the claim and its value for the operator's log. If a JSON Pointer leads to no value, the text names the first
 * step that is missing. Call this function only for a claim that made a check fail.
 */
export function describeClaim(claims: JsonObject, reference: ClaimReference): string {
  const value = readClaim(claims, reference);
  return value === undefined
    ? `no claim ${reference.text}${describeAbsence(claims, reference)}`
    : `claim ${reference.text} is ${showValue(reference.text, value)}`;
}

/**
 * Describes the value. Strings and numbers are shown as they are (see {@link quoteNamed}). For a list, the first elements are
 * shown. For a map, only the type is shown.
 */
export function showValue(name: string, value: JsonValue): string {
  if (value === null) {
    return "null";
  }
  if (typeof value === "string") {
    return value === "" ? "an empty string" : describeText(quoteNamed(name, value));
  }
  if (value instanceof InexactNumber) {
    return `a number: about ${value.rounded}, because the number has more digits than can be compared exactly`;
  }
  if (Array.isArray(value)) {
    return showList(name, value);
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}: ${value}`;
}

/** If `quoteNamed` did not show the string, the quoted result already begins with "a string of". */
function describeText(quoted: string): string {
  return quoted.startsWith("a string of") ? quoted : `a string: ${quoted}`;
}

function showList(name: string, list: readonly JsonValue[]): string {
  const [first] = list;
  const isShown = list.every((item): item is string => typeof item === "string") && typeof first === "string";
  const kind = describeList(list);
  return isShown && !quoteNamed(name, first).startsWith("a string of") ? `${kind}: ${listValues(list)}` : kind;
}

/** Describes for the operator what the token has in each location. */
export function describeLocations(claims: JsonObject, locations: readonly NameLocation[]): string {
  return locations.map(({ claim }) => describeClaim(claims, claim)).join(", ");
}

export function describeObstacle(obstacle: Obstacle): string {
  return obstacle.is === "elsewhere"
    ? `the token says in _claim_names that ${obstacle.text} is at another address`
    : `${obstacle.text} is ${describeKind(obstacle.value)}`;
}

/**
 * Says why the claim cannot be found. Either a value on the path to the claim has no members, or a step of the JSON
 * Pointer is missing.
 */
function describeAbsence(claims: JsonObject, reference: ClaimReference): string {
  const obstacle = findObstacle(claims, reference);
  if (obstacle) {
    return `, because ${describeObstacle(obstacle)}`;
  }
  const { path } = reference;
  for (let length = path.length - 1; length > 0; length -= 1) {
    const text = `/${path.slice(0, length).join("/")}`;
    if (readClaim(claims, { text, path: path.slice(0, length) }) !== undefined) {
      return `: ${text} is there, and has no ${path[length]}`;
    }
  }
  return "";
}

/** Describes a value without members. Null and objects never come here. */
function describeKind(value: JsonValue): string {
  if (Array.isArray(value)) {
    return describeList(value);
  }
  return value instanceof InexactNumber ? "a number" : `a ${typeof value}`;
}

function describeList(list: readonly JsonValue[]): string {
  if (list.length === 0) {
    return "an empty list";
  }
  return list.every((item) => typeof item === "string")
    ? `a list of ${list.length} ${list.length === 1 ? "string" : "strings"}`
    : "a list with elements that are not strings";
}
