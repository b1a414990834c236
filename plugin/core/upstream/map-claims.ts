import { InexactNumber, type JsonValue } from "../json/json.ts";
import { findFirst } from "../model/claim-reference.ts";
import type { HeaderChanges } from "../model/decision.ts";
import { type Denial, deny } from "../model/denial.ts";
import type { CompiledPolicy, HeaderMapping } from "../model/policy.ts";
import { type Result, succeed } from "../model/result.ts";
import type { VerifiedToken } from "../model/token.ts";
import { encodeBase64url } from "../text/base64url.ts";
import { describeUnsafe } from "./describe-unsafe.ts";

// Matches visible ASCII, with spaces only between other characters (RFC 9110 section 5.5). Spaces at the ends do not
// match, because proxies strip them.
const HEADER_SAFE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;
const utf8 = new TextEncoder();

/** Removes all identity headers that the client may have sent, in all spellings. */
export function clearIdentity({ clearedHeaders }: CompiledPolicy): Record<string, string | readonly string[]> {
  return removeHeaders(clearedHeaders);
}

/** This function uses a loop for speed, because it removes dozens of names from every request. */
export function removeHeaders(names: readonly string[]): Record<string, string | readonly string[]> {
  const removed: Record<string, string | readonly string[]> = {};
  for (const name of names) {
    removed[name] = [];
  }
  return removed;
}

/**
 * Turns a verified token into identity headers. Every mapped name is in the result, in all spellings. So the plugin
 * removes the client's own headers with these names, even if the claim is absent.
 *
 * @param token the verified token; undefined if the plugin verified no token.
 */
export function propagateClaims(
  policy: CompiledPolicy,
  token: VerifiedToken | undefined,
): Result<HeaderChanges, Denial> {
  const headers = clearIdentity(policy);
  if (token === undefined) {
    return succeed(headers);
  }
  for (const mapping of policy.headerMappings) {
    const value = writeHeader(mapping, token);
    if (value === undefined) {
      return deny({ reason: "claim_not_header_safe", detail: describeUnsafe(mapping, token) });
    }
    headers[mapping.header] = value;
  }
  return succeed(headers);
}

/** Returns undefined if a header cannot carry the value. Returns an empty list if the claim has no value. */
function writeHeader(
  mapping: HeaderMapping,
  { claims, payload }: VerifiedToken,
): string | readonly string[] | undefined {
  const { source, maxBytes } = mapping;
  switch (source.from) {
    case "constant":
      return source.text;
    case "payload": {
      const text = encodeBase64url(payload);
      return text.length <= maxBytes ? text : undefined;
    }
    case "claim": {
      const first = findFirst(claims, source.claims);
      if (first && !isNothing(first.value)) {
        return writeValue(mapping, first.value);
      }
      // If the policy names several claims and the first present claim has an empty value, the plugin refuses the
      // request. The other claims may name a different caller.
      return first && source.claims.length > 1 ? undefined : (mapping.fallback ?? []);
    }
  }
}

/**
 * This check is stricter than hasValue in claim-value.ts. Here, a blank text and every map count as values, because an
 * upstream could read such a value as an identity.
 */
function isNothing(value: JsonValue | undefined): value is undefined {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function writeValue(mapping: HeaderMapping, value: JsonValue): string | readonly string[] | undefined {
  const { encoding, list, separator, maxBytes } = mapping;
  if (encoding === "json") {
    const text = hasExactNumbers(value) ? encodeText(JSON.stringify(value)) : "";
    return isSafe(text, maxBytes) ? text : undefined;
  }
  if (!Array.isArray(value)) {
    const text = encodeScalar(value, encoding);
    return isSafe(text, maxBytes) ? text : undefined;
  }
  const items = value.map((item) => (typeof item === "string" ? encodeScalar(item, encoding) : undefined));
  if (!items.every((item) => isSafe(item, maxBytes))) {
    return undefined;
  }
  if (list === "repeat") {
    return items;
  }
  // An upstream would split an element that contains the separator, so the plugin rejects a list with such an element.
  const text = items.join(separator);
  return items.some((item) => item.includes(separator)) || !isSafe(text, maxBytes) ? undefined : text;
}

function isSafe(text: string | undefined, maxBytes: number): text is string {
  return text !== undefined && text.length <= maxBytes && HEADER_SAFE.test(text);
}

function encodeScalar(value: JsonValue, encoding: "text" | "percent" | "base64url"): string | undefined {
  const text = scalarText(value);
  if (text === undefined || encoding === "text") {
    return text;
  }
  return encoding === "percent" ? encodeURIComponent(text) : encodeText(text);
}

function encodeText(text: string): string {
  return encodeBase64url(utf8.encode(text));
}

/**
 * Rejects numbers beyond 2^53. JSON parsers may round larger numbers, and two users with different numbers could then
 * get the same number.
 */
function scalarText(value: JsonValue): string | undefined {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? String(value) : undefined;
  }
  return typeof value === "string" || typeof value === "boolean" ? String(value) : undefined;
}

/** Whole numbers must be exact, because they may identify a user. Fractions may be rounded. */
function hasExactNumbers(value: JsonValue): boolean {
  if (value instanceof InexactNumber) {
    return !Number.isInteger(value.rounded);
  }
  if (typeof value === "object" && value !== null) {
    return Object.values(value).every(hasExactNumbers);
  }
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}
