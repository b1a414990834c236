import type { JsonObject, JsonValue } from "../../../plugin/core/json/json.ts";

/**
 * Describes the tokens that a comparison of two policies tries. A token consists of parts: its `typ`, its times, and
 * one part for each claim that a policy reads. Most requirements of a policy read only one part, so a search can choose
 * the values of most parts separately.
 */

/** `typ`, `times`, or the JSON Pointer of a claim. */
export type PartName = string;

export const TYPE_PART: PartName = "typ";
export const TIMES_PART: PartName = "times";
/** Claims that belong to {@link TIMES_PART}. */
const TIME_CLAIMS: readonly string[] = ["exp", "nbf", "iat"];

/** The time claims in seconds since the epoch. An absent claim is undefined. */
export interface Times {
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
  readonly iat: number | undefined;
}

/**
 * The value of a part: {@link Times}, the string of `typ`, or the value of a claim. The value is undefined if the token
 * lacks the `typ` or the claim.
 */
export type PartValue = JsonValue | Times | undefined;

/** The values of a token's parts, by part name. If a part is not in the map, it has its usual value. */
export type Parts = ReadonlyMap<PartName, PartValue>;

export interface CandidateToken {
  readonly alg: string;
  readonly typ: string | undefined;
  readonly claims: JsonObject;
}

/** The values of a token that stay the same while a search chooses the parts. */
export interface TokenFrame {
  readonly iss: string;
  readonly alg: string;
  /** Seconds since the epoch. */
  readonly now: number;
}

/** The name of the part whose claim is at this path. */
export function partOf(path: readonly string[]): PartName {
  return path.length === 1 && TIME_CLAIMS.includes(path[0] ?? "")
    ? TIMES_PART
    : `/${path.map((step) => step.replaceAll("~", "~0").replaceAll("/", "~1")).join("/")}`;
}

export function usualTimes(now: number): Times {
  return { exp: now + 300, nbf: undefined, iat: now - 10 };
}

/** Builds a token from its parts. A claim inside another claim is written into the outer claim. */
export function assembleToken({ iss, alg, now }: TokenFrame, parts: Parts): CandidateToken {
  const claims: Record<string, JsonValue> = { iss };
  const times = (parts.get(TIMES_PART) as Times | undefined) ?? usualTimes(now);
  for (const [name, value] of Object.entries(times)) {
    if (value !== undefined) {
      claims[name] = value;
    }
  }
  const typ = parts.get(TYPE_PART) as string | undefined;
  // Outer claims are written first. Otherwise they would overwrite the claims inside them.
  const pointers = [...parts.keys()].filter((part) => part.startsWith("/")).sort((a, b) => a.length - b.length);
  for (const pointer of pointers) {
    const value = parts.get(pointer);
    if (value !== undefined) {
      writeClaim(claims, pointer, value as JsonValue);
    }
  }
  return { alg, typ, claims };
}

function writeClaim(claims: Record<string, JsonValue>, pointer: PartName, value: JsonValue): void {
  const path = pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const last = path.pop() ?? "";
  let parent = claims;
  for (const step of path) {
    const inner = parent[step];
    const copy: Record<string, JsonValue> =
      typeof inner === "object" && inner !== null && !Array.isArray(inner) ? { ...(inner as JsonObject) } : {};
    parent[step] = copy;
    parent = copy;
  }
  parent[last] = value;
}
