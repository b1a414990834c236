import { type Document, isMap, isScalar, isSeq, type Pair, parse, type Scalar, type YAMLSeq } from "yaml";
import type { DocumentPath } from "../../../plugin/policy/language/finding.ts";
import { parseYaml } from "../../../plugin/policy/yaml/parse-yaml.ts";
import type { Change } from "../model/change.ts";

/** Replaces the characters from `start` to `end`. */
export interface TextEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Matches unquoted strings that have the same meaning inside and outside of `[…]` and `{…}`. */
const PLAIN = /^[A-Za-z0-9/](?:[\w./:-]*[\w/-])?$/;

/**
 * Writes changes as edits of the text. So comments and layout do not change.
 *
 * @returns the edits; undefined if one of the changes cannot be written safely. An example is a change inside a string
 * over several lines.
 */
export function findEdits(source: string, changes: readonly Change[]): readonly TextEdit[] | undefined {
  const parsed = parseYaml(source);
  if (!parsed.ok) {
    return undefined;
  }
  const edits = changes.map((change) => findEdit(source, parsed.value, change));
  const found = edits.filter((edit) => edit !== undefined);
  return found.length === edits.length ? found : undefined;
}

/**
 * Applies edits. An edit that overlaps an earlier edit is skipped. The next round of `lint --fix` finds the skipped
 * edit again.
 */
export function applyEdits(source: string, edits: readonly TextEdit[]): string {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let result = "";
  let done = 0;
  for (const { start, end, text } of sorted) {
    if (start >= done) {
      result += source.slice(done, start) + text;
      done = end;
    }
  }
  return result + source.slice(done);
}

function findEdit(source: string, document: Document, change: Change): TextEdit | undefined {
  const { path } = change;
  switch (change.kind) {
    case "set":
      return replaceScalar(document.getIn(path, true), change.to);
    case "rename":
      return replaceScalar(findPair(document, path)?.key, change.to);
    case "split":
    case "append":
      return extendList(findElement(source, document, path), change);
    case "remove":
      return removeElement(source, document, path);
  }
}

function findPair(document: Document, path: DocumentPath): Pair | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  return isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
}

function replaceScalar(node: unknown, to: string | boolean): TextEdit | undefined {
  const range = rangeOf(node);
  return range && { ...range, text: writeScalar(to, (node as Scalar).type) };
}

/** The range of a scalar whose text is on one line. A block scalar has no such range. */
function rangeOf(node: unknown): { readonly start: number; readonly end: number } | undefined {
  if (!isScalar(node) || !node.range || !["PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"].includes(node.type ?? "")) {
    return undefined;
  }
  return { start: node.range[0], end: node.range[1] };
}

/** Writes a value with the same quotes as the string that it replaces. */
function writeScalar(value: string | boolean, style: Scalar["type"]): string {
  if (typeof value === "boolean") {
    return String(value);
  }
  if (style === "QUOTE_SINGLE" && !/['\n]/.test(value)) {
    return `'${value}'`;
  }
  return style === "PLAIN" && PLAIN.test(value) && parse(value) === value ? value : JSON.stringify(value);
}

function findList(document: Document, path: DocumentPath): YAMLSeq | undefined {
  const list = document.getIn(path.slice(0, -1), true);
  return isSeq(list) ? list : undefined;
}

/** An element of a list in the text. */
interface FoundElement {
  readonly range: { readonly start: number; readonly end: number };
  readonly style: Scalar["type"];
  /** The text between two elements of the list. */
  readonly between: string;
}

function findElement(source: string, document: Document, path: DocumentPath): FoundElement | undefined {
  const list = findList(document, path);
  const node = document.getIn(path, true);
  const range = rangeOf(node);
  const between = list && range && separatorAt(source, list, range.start);
  return between === undefined || range === undefined ? undefined : { range, style: (node as Scalar).type, between };
}

/** Replaces an element of a list by several elements, or adds an element after it. */
function extendList(
  element: FoundElement | undefined,
  change: Extract<Change, { readonly kind: "split" | "append" }>,
): TextEdit | undefined {
  if (!element) {
    return undefined;
  }
  const { range, style, between } = element;
  return change.kind === "split"
    ? { ...range, text: change.to.map((part) => writeScalar(part, style)).join(between) }
    : { start: range.end, end: range.end, text: `${between}${writeScalar(change.to, style)}` };
}

/** The text between two elements of a list: a comma, or a line feed with the same indentation and dash. */
function separatorAt(source: string, { flow }: YAMLSeq, start: number): string | undefined {
  if (flow) {
    return ", ";
  }
  const before = source.slice(lineStart(source, start), start);
  return /^\s*- +$/.test(before) ? `${source.includes("\r\n") ? "\r\n" : "\n"}${before}` : undefined;
}

function removeElement(source: string, document: Document, path: DocumentPath): TextEdit | undefined {
  const list = findList(document, path);
  const index = path.at(-1);
  const ranges = list?.items.map((item) => (item as { range?: readonly number[] }).range);
  const own = typeof index === "number" ? ranges?.[index] : undefined;
  const [start = 0, end = 0] = own ?? [];
  if (!list || !ranges || typeof index !== "number" || !own || ranges.length < 2) {
    return undefined;
  }
  const edit = list.flow ? removeInline(ranges, index) : removeLines(source, start, end);
  return edit && (list.flow ? !source.slice(edit.start, edit.end).includes("#") : true) ? edit : undefined;
}

function removeInline(ranges: readonly (readonly number[] | undefined)[], index: number): TextEdit | undefined {
  const own = ranges[index];
  const next = ranges[index + 1];
  const before = ranges[index - 1];
  const start = next ? own?.[0] : before?.[1];
  const end = next ? next[0] : own?.[1];
  return start === undefined || end === undefined ? undefined : { start, end, text: "" };
}

function removeLines(source: string, start: number, end: number): TextEdit | undefined {
  const first = lineStart(source, start);
  const isAlone = /^\s*- +$/.test(source.slice(first, start));
  const feed = source.indexOf("\n", end);
  const last = source[end - 1] === "\n" ? end : feed < 0 ? source.length : feed + 1;
  return isAlone ? { start: first, end: last, text: "" } : undefined;
}

function lineStart(source: string, offset: number): number {
  return source.lastIndexOf("\n", offset - 1) + 1;
}
