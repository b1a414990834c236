import type { Fit, OperationTree } from "../model/operation-tree.ts";
import { fail, type Result, succeed } from "../model/result.ts";
import { findOperation } from "./operation-tree.ts";
import { escapedSpelling, lenientSpellings } from "./path-spellings.ts";
import { compareSpecificity } from "./specificity.ts";

export interface Chosen<T> {
  readonly value: T;
  /**
   * One text for each segment of the path. If the operation has a placeholder at the segment, the list has the text
   * that fills the placeholder. Otherwise, the list has the whole segment of the path.
   */
  readonly captured: readonly string[];
}

/**
 * The one operation that applies to a request. Fails with `ambiguous` if some server may read the path as the path of a
 * more specific operation. That operation may be stricter. If no operation fits the path, no operation applies, so
 * other spellings of the path are not checked.
 *
 * @param target the request target, which `splitPath` split into `path`.
 */
export function chooseOperation<T>(
  tree: OperationTree<T>,
  method: string,
  target: string,
  path: readonly string[],
): Result<Chosen<T>, "none" | "ambiguous"> {
  const fit = findOperation(tree.root, method, path);
  if (fit?.value === undefined) {
    return fail("none");
  }
  return isMisleading(tree, method, target, path, fit)
    ? fail("ambiguous")
    : succeed({ value: fit.value, captured: capture(fit, path) });
}

function isMisleading<T>(
  { root, lenientRoot }: OperationTree<T>,
  method: string,
  target: string,
  path: readonly string[],
  fit: Fit<T>,
): boolean {
  if (!lenientRoot) {
    return false;
  }
  const isMoreSpecific = lenientSpellings(path).some((spelling) => {
    const other = findOperation(lenientRoot, method, spelling);
    return other !== undefined && compareSpecificity(other.segments, fit.segments) < 0;
  });
  const escaped = isMoreSpecific ? undefined : escapedSpelling(target);
  const other = escaped && findOperation(root, method, escaped);
  return isMoreSpecific || (other !== undefined && other !== fit);
}

function capture<T>({ segments }: Fit<T>, path: readonly string[]): readonly string[] {
  return segments.some(({ kind }) => kind === "affixed")
    ? path.map((text, index) => {
        const segment = segments[index];
        return segment?.kind === "affixed"
          ? text.slice(segment.prefix.length, text.length - segment.suffix.length)
          : text;
      })
    : path;
}
