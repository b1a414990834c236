import type { Json, JsonMembers } from "../../test/core/json/slow-json.ts";

/** A claim by its name or JSON Pointer, as the oracle finds it; the policies here need no escapes. */
export function readPlace(claims: JsonMembers, place: string): Json | undefined {
  const steps = place.startsWith("/") ? place.slice(1).split("/") : [place];
  return steps.reduce<Json | undefined>(
    (value, step) =>
      typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, step)
        ? (value as JsonMembers)[step]
        : undefined,
    claims,
  );
}

/** Whether a claim says anything: a text without ink, and what is made of such texts, of nulls or of nothing, does not. */
export function saysSomething(value: Json | undefined): boolean {
  if (typeof value === "string") {
    return [...value].some((character) => !/[\s\p{White_Space}\p{Cc}\p{DI}]/u.test(character));
  }
  return typeof value === "object" ? Object.values(value ?? {}).some(saysSomething) : value !== undefined;
}
