import { valueAt } from "../../offline/lint/fix/find-fixes.ts";
import type { Finding } from "../../plugin/policy/language/finding.ts";
import type { SourceDocument } from "../../plugin/policy/read/read-document.ts";

/** A finding with its position in the text, and the rule's original finding. */
export interface PlacedFinding {
  readonly finding: Finding;
  /**
   * The rule's finding, whose path begins at the root of the whole policy. The value is undefined if other code has set the
   * position of the finding.
   */
  readonly origin: Finding | undefined;
  /** Whether the finding is located in a file that the policy extends. */
  readonly isInherited: boolean;
}

/**
 * Finds the position of a finding in the policy's own text. If the finding is about a file that the policy extends, the
 * position is the key `extends`.
 */
export function placeFinding(origin: Finding, { data, locate }: SourceDocument, whole: unknown): PlacedFinding {
  const { path = [] } = origin;
  const findEnd = (from: unknown): number =>
    path.findIndex((_, index) => valueAt(from, path.slice(0, index + 1)) === undefined);
  const isInherited = valueAt(data, ["extends"]) !== undefined && findEnd(data) !== findEnd(whole);
  const finding: Finding = isInherited
    ? {
        ...origin,
        path: ["extends"],
        atKey: true,
        message: `In an extended file, ${path.join(".")}: ${origin.message}`,
      }
    : origin;
  return { finding: locate([finding])[0] ?? finding, origin, isInherited };
}
