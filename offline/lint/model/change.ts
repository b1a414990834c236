import type { DocumentPath } from "../../../plugin/policy/language/finding.ts";

/** A change of a document, in terms of its data. `findEdits` writes it into the text. */
export type Change =
  | { readonly kind: "set"; readonly path: DocumentPath; readonly to: string | boolean }
  | { readonly kind: "rename"; readonly path: DocumentPath; readonly to: string }
  /** Replaces one element of a list by several. */
  | { readonly kind: "split"; readonly path: DocumentPath; readonly to: readonly string[] }
  /** Adds an element after the element at the path. */
  | { readonly kind: "append"; readonly path: DocumentPath; readonly to: string }
  /** Removes an element of a list. */
  | { readonly kind: "remove"; readonly path: DocumentPath };

/** Sets the string at a path, or the key of this path. */
export function replaceText(
  { path, atKey }: { readonly path: DocumentPath; readonly atKey: boolean },
  to: string | undefined,
): readonly Change[] | undefined {
  return to === undefined ? undefined : [{ kind: atKey ? "rename" : "set", path, to }];
}
