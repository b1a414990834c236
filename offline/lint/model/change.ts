import type { DocumentPath } from "../../../plugin/policy/language/finding.ts";

/** A change of a document's data. `findEdits` turns a change into edits of the text. */
export type Change =
  | { readonly kind: "set"; readonly path: DocumentPath; readonly to: string | boolean }
  | { readonly kind: "rename"; readonly path: DocumentPath; readonly to: string }
  /** Replaces one element of a list by several elements. */
  | { readonly kind: "split"; readonly path: DocumentPath; readonly to: readonly string[] }
  /** Adds an element after the element at the path. */
  | { readonly kind: "append"; readonly path: DocumentPath; readonly to: string }
  /** Removes an element of a list. */
  | { readonly kind: "remove"; readonly path: DocumentPath };

/** Sets the string at a path, or renames the key at a path. */
export function replaceText(
  { path, atKey }: { readonly path: DocumentPath; readonly atKey: boolean },
  to: string | undefined,
): readonly Change[] | undefined {
  return to === undefined ? undefined : [{ kind: atKey ? "rename" : "set", path, to }];
}
