import type { DocumentPath, Finding } from "../../../plugin/policy/language/finding.ts";
import { findLintRule } from "../rules/registry.ts";
import { findEdits, type TextEdit } from "./find-edits.ts";

/**
 * The edits that correct a finding. Returns undefined if the lint rule has no fix. Also returns undefined if no fix is
 * safe for this finding.
 *
 * @param finding the finding, which must have a path.
 * @param data the data of the policy's own file.
 */
export function findFix(
  { code, path = [], atKey = false }: Finding,
  text: string,
  data: unknown,
): readonly TextEdit[] | undefined {
  const fix = findLintRule(code)?.fix;
  const parent = valueAt(data, path.slice(0, -1));
  const value = atKey ? path.at(-1) : valueAt(data, path);
  const isThere = valueAt(data, path) !== undefined;
  const isVariable = typeof value === "string" && value.includes("${"); // The string has a variable, so the string's value is in another part of the document.
  const changes =
    fix && path.length > 0 && isThere && !isVariable ? fix.changes({ path, atKey, value, parent }) : undefined;
  return changes && findEdits(text, changes);
}

/** The value at a path; undefined if the path has no value. */
export function valueAt(data: unknown, path: DocumentPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    data,
  );
}
