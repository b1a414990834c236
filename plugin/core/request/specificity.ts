import type { TemplateSegment } from "../model/operation-tree.ts";

const RANKS: Readonly<Record<TemplateSegment["kind"], number>> = {
  literal: 0,
  affixed: 1,
  placeholder: 2,
  subtree: 3,
};

/**
 * Compares two templates that match the same path: negative if `a` is more specific, positive if `b` is. The function
 * compares only the first segment in which the templates differ. Returns zero if the templates are equal. Also returns
 * zero if both templates have a placeholder in this segment, but the text around the placeholder differs.
 */
export function compareSpecificity(a: readonly TemplateSegment[], b: readonly TemplateSegment[]): number {
  for (const [index, segment] of a.entries()) {
    const other = b[index];
    if (!other) {
      return 0;
    }
    const difference = RANKS[segment.kind] - RANKS[other.kind];
    if (difference !== 0 || haveOtherText(segment, other)) {
      return difference;
    }
  }
  return 0;
}

function haveOtherText(a: TemplateSegment, b: TemplateSegment): boolean {
  const one = affixesOf(a);
  const other = affixesOf(b);
  return one.prefix !== other.prefix || one.suffix !== other.suffix;
}

/** Whether any request path matches both templates. */
export function templatesOverlap(a: readonly TemplateSegment[], b: readonly TemplateSegment[]): boolean {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const one = a[index];
    const other = b[index];
    if (one?.kind === "subtree" || other?.kind === "subtree") {
      return hasMore(a, index) && hasMore(b, index);
    }
    if (!one || !other || !segmentsOverlap(one, other)) {
      return false;
    }
  }
  return true;
}

/**
 * Whether the template has segments from `index` on. A slash at the end does not count, because a subtree needs more
 * than that slash.
 */
function hasMore(segments: readonly TemplateSegment[], index: number): boolean {
  const next = segments[index];
  return next !== undefined && !(next.kind === "literal" && next.text === "");
}

function segmentsOverlap(a: TemplateSegment, b: TemplateSegment): boolean {
  if (a.kind === "literal") {
    return b.kind === "literal" ? a.text === b.text : fitsText(a.text, b);
  }
  if (b.kind === "literal") {
    return fitsText(b.text, a);
  }
  // Two segments with placeholders overlap under two conditions: one prefix begins with the other prefix, and one
  // suffix ends with the other suffix.
  const one = affixesOf(a);
  const other = affixesOf(b);
  return (
    (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)) &&
    (one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix))
  );
}

function fitsText(text: string, segment: TemplateSegment): boolean {
  const { prefix, suffix } = affixesOf(segment);
  return text.length > prefix.length + suffix.length && text.startsWith(prefix) && text.endsWith(suffix);
}

interface Affixes {
  readonly prefix: string;
  readonly suffix: string;
}

const NO_AFFIXES: Affixes = { prefix: "", suffix: "" };

function affixesOf(segment: TemplateSegment): Affixes {
  return segment.kind === "affixed" ? segment : NO_AFFIXES;
}
