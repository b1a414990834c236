import type { Json, JsonMembers } from "./slow-json.ts";

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
