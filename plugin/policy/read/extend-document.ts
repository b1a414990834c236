import { stringify } from "yaml";

type PlainMap = Readonly<Record<string, unknown>>;

/** Keys that identify one document. A document never inherits these keys from its parent. */
const OWN_KEYS: readonly string[] = ["jwt_policy", "name", "description", "extends"];

/**
 * The file that a document extends, relative to the document. Returns undefined if the document extends no file. Also
 * returns undefined if `extends` is not a string.
 */
export function findParent(data: unknown): string | undefined {
  return isMap(data) && typeof data.extends === "string" ? data.extends : undefined;
}

/**
 * Merges a document with its parent. Maps merge by key, and every other value replaces the parent's value. An
 * issuer's required claims can be a list or a map. If at least one of the two documents has a map, they merge by claim.
 */
export function extendDocument(parent: unknown, child: unknown): unknown {
  if (!isMap(parent) || !isMap(child)) {
    return child;
  }
  const { extends: _, ...own } = child;
  const identity = Object.entries(own).filter(([key]) => OWN_KEYS.includes(key));
  const inherited = Object.entries(parent).filter(([key]) => !OWN_KEYS.includes(key));
  return merge(Object.fromEntries([...identity, ...inherited]), own);
}

function merge(parent: unknown, child: unknown, path: readonly string[] = []): unknown {
  if (!isMap(parent) || !isMap(child)) {
    return isIssuerClaims(path) ? mergeClaims(parent, child) : child;
  }
  // The code builds the result from entries, so that a key such as __proto__ is an ordinary key.
  const merged = new Map(Object.entries(parent));
  for (const [key, value] of Object.entries(child)) {
    merged.set(key, merged.has(key) ? merge(merged.get(key), value, [...path, key]) : value);
  }
  return Object.fromEntries(merged);
}

const isIssuerClaims = ([first, , third]: readonly string[]): boolean =>
  first === "issuers" && third === "required_claims";

/**
 * Treats a list of claims as conditions without tests. Without this conversion, the child's list would drop the
 * parent's conditions.
 */
function mergeClaims(parent: unknown, child: unknown): unknown {
  const [from, onto] = [parent, child].map((claims) => (isListOfTexts(claims) ? toConditions(claims) : claims));
  return (isMap(parent) || isMap(child)) && isMap(from) && isMap(onto) ? merge(from, onto) : child;
}

function isListOfTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function toConditions(claims: readonly string[]): PlainMap {
  return Object.fromEntries(claims.map((claim) => [claim, {}]));
}

function isMap(value: unknown): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Writes plain data as a YAML document that has neither anchors nor folded lines. Reading the text gives the same data.
 */
export function writeDocument(data: unknown): string {
  return stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 });
}
