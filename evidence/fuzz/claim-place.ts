import type { Json, JsonMembers } from "../../test/core/json/slow-json.ts";

/** A claim by its name or JSON Pointer, as the oracle finds it. The policies of the fuzzer need no escapes. */
export function readPlace(claims: JsonMembers, place: string): Json | undefined {
  const found = walk(claims, place);
  return found === BLOCKED ? undefined : found;
}

/** Whether a claim cannot be looked up, although it may exist. */
export function isBlocked(claims: JsonMembers, place: string): boolean {
  return walk(claims, place) === BLOCKED;
}

const BLOCKED = Symbol("blocked");

function walk(claims: JsonMembers, place: string): Json | undefined | typeof BLOCKED {
  const [first = "", ...more] = place.startsWith("/") ? place.slice(1).split("/") : [place];
  const { _claim_names: names } = claims;
  const isElsewhere = isMembers(names) && Object.hasOwn(names, first) && !Object.hasOwn(claims, first);
  return isElsewhere
    ? BLOCKED
    : more.reduce<Json | undefined | typeof BLOCKED>(
        stepInto,
        Object.hasOwn(claims, first) ? claims[first] : undefined,
      );
}

function stepInto(value: Json | undefined | typeof BLOCKED, step: string): Json | undefined | typeof BLOCKED {
  if (value === undefined || value === null || value === BLOCKED) {
    return value === BLOCKED ? BLOCKED : undefined;
  }
  if (Array.isArray(value)) {
    return String(Number.parseInt(step, 10)) === step && !step.startsWith("-") ? value[Number(step)] : BLOCKED;
  }
  if (!isMembers(value)) {
    return BLOCKED;
  }
  return Object.hasOwn(value, step) ? value[step] : undefined;
}

function isMembers(value: Json | undefined): value is JsonMembers {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether a claim has a value. An invisible text has no value. A list or map has no value if it is empty. It also has
 * no value if it contains only nulls and invisible texts.
 */
export function saysSomething(value: Json | undefined): boolean {
  if (typeof value === "string") {
    return [...value].some((character) => !/[\s\p{White_Space}\p{Cc}\p{DI}]/u.test(character));
  }
  return typeof value === "object" ? Object.values(value ?? {}).some(saysSomething) : value !== undefined;
}
