import { readClaim } from "./claim-reference.ts";
import type { Denial } from "./denial.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import type { CompiledPolicy } from "./policy.ts";

/** What to do to the request's headers: a text sets the header, an empty list removes it in the same step. */
export type HeaderChanges = Readonly<Record<string, string | readonly []>>;

/** Longest value that a claim may have as a header, in bytes. */
export const MAX_HEADER_VALUE_BYTES = 4096;

// Visible ASCII with single inner spaces or more (RFC 9110 section 5.5), and none at the ends, where proxies strip them.
const HEADER_SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Turns verified claims into identity headers. Every mapped name is in the result, in all spellings: what the client sent
 * under it is removed even when the claim is absent.
 *
 * @param claims undefined when nobody was authenticated.
 */
export function propagateClaims(
  policy: CompiledPolicy,
  claims: JsonObject | undefined,
): { readonly headers: HeaderChanges } | Denial {
  const headers: Record<string, string | readonly []> = {};
  for (const name of policy.clearedHeaders) {
    headers[name] = [];
  }
  if (claims === undefined) {
    return { headers };
  }
  for (const { header, claim } of policy.headerMappings) {
    const value = readClaim(claims, claim);
    if (isNothing(value)) {
      continue;
    }
    const text = toHeaderText(value);
    if (text === undefined) {
      return { reason: "claim_not_header_safe", detail: `claim "${claim.text}" for header ${header}` };
    }
    headers[header] = text;
  }
  return { headers };
}

function isNothing(value: JsonValue | undefined): value is undefined | null {
  return value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function toHeaderText(value: JsonValue): string | undefined {
  const text = Array.isArray(value) ? joinList(value) : scalarText(value);
  return text !== undefined && text.length <= MAX_HEADER_VALUE_BYTES && HEADER_SAFE.test(text) ? text : undefined;
}

/** Joined by commas; an element that holds a comma, or a blank at its ends, would be read back as something else. */
function joinList(values: readonly JsonValue[]): string | undefined {
  const isSafe = values.every((value) => typeof value === "string" && HEADER_SAFE.test(value) && !value.includes(","));
  return isSafe ? values.join(",") : undefined;
}

/** Numbers beyond 2^53 are rounded when they are read: two users could come out as one. */
function scalarText(value: JsonValue): string | undefined {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? String(value) : undefined;
  }
  return typeof value === "string" || typeof value === "boolean" ? String(value) : undefined;
}
