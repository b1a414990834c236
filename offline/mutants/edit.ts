import type { DocumentPath } from "../../plugin/policy/language/finding.ts";

/** A map in a policy document that has not been checked yet. */
export type PlainMap = Readonly<Record<string, unknown>>;

/**
 * Copies the data and changes the value at a path. If `edit` returns undefined, the copy lacks the value. The copy
 * shares all other values with the original.
 */
export function editAt(data: unknown, path: DocumentPath, edit: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) {
    return edit(data);
  }
  if (Array.isArray(data)) {
    const index = Number(step);
    const changed = editAt(data[index], rest, edit);
    return changed === undefined ? data.toSpliced(index, 1) : data.with(index, changed);
  }
  const map = isMap(data) ? data : {};
  const changed = editAt(map[step], rest, edit);
  const others = Object.entries(map).filter(([key]) => key !== String(step));
  return Object.fromEntries(changed === undefined ? others : [...Object.entries(map), [String(step), changed]]);
}

export function isMap(value: unknown): value is PlainMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The entries of a map; an empty list for any value that is not a map. */
export function entriesOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isMap(value) ? Object.entries(value) : [];
}
