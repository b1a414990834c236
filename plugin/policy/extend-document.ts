import { stringify } from "yaml";

type PlainMap = Readonly<Record<string, unknown>>;

/** What says which document this is; a parent's holds for the parent alone. */
const OWN_KEYS: readonly string[] = ["jwt_policy", "name", "description", "extends"];

/** The file that a document extends, relative to its own; undefined when it extends none, or says so in a wrong way. */
export function findParent(data: unknown): string | undefined {
  return isMap(data) && typeof data.extends === "string" ? data.extends : undefined;
}

/** A document with what its parent says: maps merge by key, everything else replaces what the parent has. */
export function extendDocument(parent: unknown, child: unknown): unknown {
  if (!isMap(parent) || !isMap(child)) {
    return child;
  }
  const { extends: _, ...own } = child;
  const identity = Object.entries(own).filter(([key]) => OWN_KEYS.includes(key));
  const inherited = Object.entries(parent).filter(([key]) => !OWN_KEYS.includes(key));
  return merge(Object.fromEntries([...identity, ...inherited]), own);
}

function merge(parent: unknown, child: unknown): unknown {
  if (!isMap(parent) || !isMap(child)) {
    return child;
  }
  // Built from entries, so that a key such as __proto__ is a key like any other.
  const merged = new Map(Object.entries(parent));
  for (const [key, value] of Object.entries(child)) {
    merged.set(key, merged.has(key) ? merge(merged.get(key), value) : value);
  }
  return Object.fromEntries(merged);
}

function isMap(value: unknown): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Plain data as a YAML document that reads as the same data: no anchors, no folded lines. */
export function writeDocument(data: unknown): string {
  return stringify(data, { aliasDuplicateObjects: false, lineWidth: 0 });
}
