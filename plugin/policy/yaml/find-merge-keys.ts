import { type Document, isScalar, type Scalar, visit } from "yaml";

export const NO_MERGE_KEYS =
  'YAML merge keys ("<<") are not supported. In a policy, "extends" merges another file into this file. Values that rules have in common belong under "defaults". To name a claim "<<", write it in quotes.';

/**
 * Finds merge keys of YAML 1.1. YAML 1.2 reads a merge key as an ordinary key. So a merge key would have no effect, and
 * the author would get no error.
 */
export function findMergeKeys(document: Document): readonly Scalar[] {
  const found: Scalar[] = [];
  visit(document, {
    Pair(_key, { key }) {
      if (isScalar(key) && key.value === "<<" && key.type === "PLAIN") {
        found.push(key);
      }
    },
  });
  return found;
}
