import { isJsonObject, type JsonObject, type JsonValue } from "../../core/json/json.ts";
import type { ChosenValue } from "./choose-values.ts";

/** Returns claims that contain only one value, at the path of the reference. `__proto__` is an ordinary name. */
export function claimsWith(path: readonly string[], value: JsonValue): JsonObject {
  const [step = "", ...rest] = path;
  return Object.fromEntries([[step, rest.length === 0 ? value : claimsWith(rest, value)]]);
}

/**
 * Joins the chosen claims. If one claim is inside another claim, the outer claim becomes an object with the inner claim
 * as a member. The object replaces a value that was chosen for the outer claim. If the members are `0`, `1` and so on,
 * the object becomes a list.
 */
export function writeClaims(chosen: readonly ChosenValue[]): JsonObject {
  const paths = chosen.flatMap(({ slot, value }) => (slot.in === "claim" ? [{ path: slot.path, value }] : []));
  const deepFirst = paths.toSorted((one, other) => other.path.length - one.path.length);
  const written = deepFirst.reduce<JsonObject>((claims, { path, value }) => addClaim(claims, path, value), {});
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, toLists(value)]));
}

function toLists(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) {
    return value;
  }
  const members = Object.entries(value).map(([name, inner]) => [name, toLists(inner)] as const);
  const isList = members.length > 0 && members.every((_, index) => Object.hasOwn(value, String(index)));
  return isList
    ? members.toSorted(([one], [other]) => Number(one) - Number(other)).map(([, inner]) => inner)
    : Object.fromEntries(members);
}

function addClaim(claims: JsonObject, [step = "", ...rest]: readonly string[], value: JsonValue): JsonObject {
  const known = Object.hasOwn(claims, step) ? claims[step] : undefined;
  const added = rest.length === 0 ? (known ?? value) : addClaim(isJsonObject(known) ? known : {}, rest, value);
  return Object.fromEntries([...Object.entries(claims).filter(([name]) => name !== step), [step, added]]);
}
