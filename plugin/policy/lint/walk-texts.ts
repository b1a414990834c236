import type { DocumentPath } from "../language/finding.ts";

/** A string of a document and its path. */
export interface PlacedText {
  readonly text: string;
  readonly path: DocumentPath;
  /** Whether the string is the key at the path, and not the value. */
  readonly isKey: boolean;
}

/** All strings and keys of plain data. */
export function listTexts(data: unknown, path: DocumentPath = []): readonly PlacedText[] {
  if (typeof data === "string") {
    return [{ text: data, path, isKey: false }];
  }
  if (Array.isArray(data)) {
    return data.flatMap((item, index) => listTexts(item, [...path, index]));
  }
  if (typeof data !== "object" || data === null) {
    return [];
  }
  return Object.entries(data).flatMap(([key, value]) => [
    { text: key, path: [...path, key], isKey: true },
    ...listTexts(value, [...path, key]),
  ]);
}

/** The keys of these maps are names that the policy author chooses. */
const NAMED = ["issuers", "routes", "required_claims"];

/**
 * Whether the path goes through one of the keys in `keys`, which are keys of the schema. A rule or a claim with the
 * same name does not count.
 */
export function isBelow(path: DocumentPath, keys: readonly string[]): boolean {
  return path.some((step, index) => keys.includes(String(step)) && !NAMED.includes(String(path[index - 1])));
}
