import type { TemplateSegment } from "../../core/model/operation-tree.ts";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { MAX_PATH_SEGMENTS, splitPath } from "../../core/request/request-path.ts";
import { quoteText } from "../../core/text/printable.ts";
import type { DocumentPath, Finding } from "./finding.ts";

/** Matches a segment with a placeholder: text, a name in braces, text. Dots after the name mean a subtree. */
const NAMED = /^([^{}]*)\{([A-Za-z_][A-Za-z0-9_]*)(\.\.\.)?\}([^{}]*)$/;
const STARS = /^\*+$/;
const STAND_IN = "x";

/** The name of a subtree has no index, because the subtree may have many segments. */
export type CaptureIndexes = ReadonlyMap<string, number | undefined>;

interface TemplatePart {
  readonly text: string;
  readonly named:
    | { readonly prefix: string; readonly name: string; readonly isSubtree: boolean; readonly suffix: string }
    | undefined;
}

/** Reads the segments of a path template such as `/refunds/{id}`. The failure says what is wrong with the template. */
export function parsePathTemplate(template: string): Result<readonly TemplateSegment[], string> {
  const parts = splitTemplate(template);
  const problem = parts.map((part, index) => describeProblem(part, index === parts.length - 1)).find(Boolean);
  if (problem !== undefined) {
    return fail(problem);
  }
  if (parts.length > MAX_PATH_SEGMENTS) {
    return fail(`The path has more than ${MAX_PATH_SEGMENTS} segments.`);
  }
  const plain = `/${parts.map(({ text, named }) => (named ? `${named.prefix}${STAND_IN}${named.suffix}` : text)).join("/")}`;
  const segments = plain.includes("?") || plain.includes("#") ? undefined : splitPath(plain);
  if (!segments) {
    return fail(
      "No request path could match the template: it has a query, an empty segment, a dot segment, or characters that must be escaped.",
    );
  }
  return succeed(segments.map((text, index) => toSegment(parts[index], text)));
}

/** @param why the failure of `parsePathTemplate`. */
export function badPathFinding(template: string, path: DocumentPath, why: string): Finding {
  const message = `The path template ${quoteText(template)} cannot be used. ${why}`;
  return { code: "path_template_invalid", path, message };
}

/**
 * For each name in braces, the index of its segment. If a name occurs twice, the first segment with this name counts.
 */
export function captureIndexes(template: string): CaptureIndexes {
  const named = splitTemplate(template).flatMap(({ named: part }, index): [string, number | undefined][] =>
    part ? [[part.name, part.isSubtree ? undefined : index]] : [],
  );
  return new Map(named.toReversed());
}

function splitTemplate(template: string): readonly TemplatePart[] {
  return template
    .slice(1)
    .split("/")
    .map((text) => {
      const [, prefix = "", name = "", dots, suffix = ""] = NAMED.exec(text) ?? [];
      return { text, named: name === "" ? undefined : { prefix, name, isSubtree: dots !== undefined, suffix } };
    });
}

function describeProblem({ text, named }: TemplatePart, isLast: boolean): string | undefined {
  if (!named) {
    if (STARS.test(text)) {
      return `${quoteText(text)} is not a wildcard here. For one segment, write {name}. For all paths below, write {name...} at the end. For the character itself, write ${text.replaceAll("*", "%2A")}.`;
    }
    return /[{}]/.test(text) ? `${quoteText(text)} must be plain text, or text with only one {name} in it.` : undefined;
  }
  const isWhole = named.prefix === "" && named.suffix === "";
  return named.isSubtree && !(isLast && isWhole)
    ? `${quoteText(text)} matches all remaining segments, so it must be the last segment, with no other text in that segment.`
    : undefined;
}

/** @param decoded the segment with a stand-in for the placeholder. */
function toSegment(part: TemplatePart | undefined, decoded: string): TemplateSegment {
  const { named } = part ?? {};
  if (!named) {
    return { kind: "literal", text: decoded };
  }
  if (named.isSubtree) {
    return { kind: "subtree" };
  }
  return named.prefix === "" && named.suffix === ""
    ? { kind: "placeholder" }
    : { kind: "affixed", prefix: decodeURIComponent(named.prefix), suffix: decodeURIComponent(named.suffix) };
}
