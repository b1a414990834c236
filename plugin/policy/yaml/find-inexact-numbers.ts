import { type Document, isScalar, type Scalar, visit } from "yaml";
import { isExactDecimal } from "../../core/json/exact-number.ts";

const INTEGER = /^(?:[-+]?\d+|0o[0-7]+|0x[0-9a-fA-F]+)$/;
/** Longer numbers are never accepted as exact, because reading them takes long. */
const MAX_LENGTH = 400;

/**
 * Finds numbers that the parser would round. If a number were rounded, a condition would compare claims with a number
 * that the author did not write.
 */
export function findInexactNumbers(document: Document): readonly Scalar[] {
  const found: Scalar[] = [];
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === "number" && !isExact(node.source ?? String(node.value))) {
        found.push(node);
      }
    },
  });
  return found;
}

function isExact(text: string): boolean {
  if (text.length > MAX_LENGTH) {
    return false;
  }
  return INTEGER.test(text) && text.startsWith("0") ? Number.isSafeInteger(Number(text)) : isExactDecimal(text);
}
