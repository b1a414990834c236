import type { TemplateSegment } from "../../core/model/operation-tree.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { MAX_PATH_SEGMENTS, splitPath } from "../../core/request/request-path.ts";
import { quoteText } from "../../core/text/printable.ts";

const PLACEHOLDER = /^\{[A-Za-z_][A-Za-z0-9_]*\}$/;
const STAND_IN = "x";

/** Reads the segments of a path template such as `/refunds/{id}`. The failure says what is wrong with it. */
export function parsePathTemplate(template: string): Result<readonly TemplateSegment[], string> {
  const parts = template.slice(1).split("/");
  const isPlaceholder = parts.map((part) => PLACEHOLDER.test(part));
  const malformed = parts.find((part, index) => !isPlaceholder[index] && /[{}]/.test(part));
  if (malformed !== undefined) {
    return fail(`${quoteText(malformed)} is neither plain text nor a whole segment {name}.`);
  }
  if (parts.length > MAX_PATH_SEGMENTS) {
    return fail(`It has more than ${MAX_PATH_SEGMENTS} segments.`);
  }
  const plain = `/${parts.map((part, index) => (isPlaceholder[index] ? STAND_IN : part)).join("/")}`;
  const segments = plain.includes("?") || plain.includes("#") ? undefined : splitPath(plain);
  if (!segments) {
    return fail("No request path could match it: it has a query, an empty or dot segment, or characters to escape.");
  }
  return succeed(segments.map((segment, index) => (isPlaceholder[index] ? undefined : segment)));
}

/** The index of the segment for each name in braces. If a name occurs twice, the first segment counts. */
export function captureIndexes(template: string): ReadonlyMap<string, number> {
  const parts = template.slice(1).split("/");
  const named = parts.flatMap((part, index): [string, number][] =>
    PLACEHOLDER.test(part) ? [[part.slice(1, -1), index]] : [],
  );
  return new Map(named.toReversed());
}

/** Whether any request path matches both templates. */
export function templatesOverlap(a: readonly TemplateSegment[], b: readonly TemplateSegment[]): boolean {
  return (
    a.length === b.length &&
    a.every((segment, index) => {
      const other = b[index];
      return segment === other || (segment === undefined ? other !== "" : other === undefined && segment !== "");
    })
  );
}
