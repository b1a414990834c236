import type { YAMLError } from "yaml";
import type { YamlMistake } from "./parse-yaml.ts";

const BRACES = 'Put text that has braces or brackets in quotes, such as path: "/orders/{id}"';
const NO_SPACE_AFTER_COLON = "A colon needs a space after it, such as access: public.";
const NO_SPACE_AFTER_DASH = "A dash needs a space after it, such as - read.";
const COLON_IN_TEXT = 'Put text that has a colon and a space in quotes, such as description: "a: b".';
const OTHER_INDENT =
  "This line does not begin in the same column as the lines that it belongs to: indent all keys or dashes of one level alike.";
const TAB = "A tab cannot indent a line: use spaces.";
/**
 * Matches a path that has braces but no quotes, inside a map or list in flow style. Flow style uses braces or brackets.
 */
const UNQUOTED_BRACES = /[{,]\s*["']?[\w-]+["']?:\s+[^\s"'{[,}][^,{}"']*\{/;
/** A message lists at most this many lines. */
const MAX_LISTED = 8;

/**
 * Describes a mistake of structure: quotes, brackets, colons, dashes, indentation. Returns undefined for every other
 * mistake.
 */
export function describeStructure(error: YAMLError, all: readonly YAMLError[], text: string): YamlMistake | undefined {
  const [offset] = error.pos;
  switch (error.code) {
    case "UNEXPECTED_TOKEN":
      return describeUnexpected(error, text);
    case "NON_STRING_KEY":
      return { offset, message: text[offset] === "{" ? braces(offset, text) : "A key must be a string." };
    case "TAB_AS_INDENT":
      return { offset, message: TAB };
    case "BAD_INDENT":
      return describeIndent(error, text);
    case "BLOCK_IN_FLOW":
      return { offset, message: `${COLON_IN_TEXT} Separate elements by commas.` };
    case "BLOCK_AS_IMPLICIT_KEY":
      return {
        offset,
        message: /:(?:\s|$)/.test(restOfLine(text, offset))
          ? COLON_IN_TEXT
          : "This value continues in the next line, which looks like a key: check the indentation of that line.",
      };
    case "MULTILINE_IMPLICIT_KEY":
      return { offset, message: describeBrokenKey(offset, all, text) };
    case "MISSING_CHAR":
      return describeMissing(error, all, text);
    default:
      return undefined;
  }
}

function describeUnexpected({ pos: [offset], message }: YAMLError, text: string): YamlMistake | undefined {
  if (/flow-(?:map|seq)-start at node end/.test(message)) {
    return { offset, message: braces(offset, text) };
  }
  if (/scalar at node end/.test(message)) {
    return describeTextAfterValue(offset, text);
  }
  if (/flow-(?:map|seq)-end/.test(message)) {
    const kind = text[offset] === "}" ? "brace" : "bracket";
    return {
      offset,
      message: `This closing ${kind} has no opening one. Put text that has braces or brackets in quotes.`,
    };
  }
  return /Unexpected , in flow/.test(message) ? { offset, message: "One comma is too many here." } : undefined;
}

function describeTextAfterValue(offset: number, text: string): YamlMistake {
  const before = text.slice(0, offset).trimEnd();
  const last = before.at(-1) ?? "";
  if (last === "}" || last === "]") {
    return { offset, message: `${BRACES}.` };
  }
  if (last !== '"' && last !== "'") {
    const isDash = text[offset] === "-";
    const message = isDash ? NO_SPACE_AFTER_DASH : `This line does not continue the lines above it. ${OTHER_INDENT}`;
    return { offset, message };
  }
  const start = before.lastIndexOf(last, before.length - 2);
  if (start >= 0 && before.slice(start).includes("\n")) {
    const message = `This quoted text ends only in line ${lineOf(text, before.length - 1)}: add the closing quote.`;
    return { offset: start, message };
  }
  const escaped = last === '"' ? '\\"' : "''";
  return {
    offset,
    message: `Text follows a closing quote. Write ${escaped} for a quote inside this text, or use the other kind of quotes around it.`,
  };
}

function describeIndent({ pos: [offset], message }: YAMLError, text: string): YamlMistake {
  const isBracket = /Flow (map|sequence) in block/.exec(message);
  if (isBracket) {
    const [open, close] = isBracket[1] === "map" ? ["{", "}"] : ["[", "]"];
    const start = findOpening(text, offset, open, close);
    return { offset: start, message: `This ${open} has no closing ${close}, or the lines after it are not indented.` };
  }
  const end = offset + text.slice(offset).search(/[^ \t]|$/);
  return { offset: end, message: text.slice(offset, end).includes("\t") ? TAB : OTHER_INDENT };
}

function describeMissing(error: YAMLError, all: readonly YAMLError[], text: string): YamlMistake | undefined {
  const { pos, message } = error;
  const [offset] = pos;
  const [, quote] = /closing (["'])/.exec(message) ?? [];
  if (quote) {
    return { offset: text.lastIndexOf(quote, offset - 1), message: "This quoted text has no closing quote." };
  }
  if (/between flow/.test(message)) {
    const isBrace = text[offset] === "[" || text[offset] === "{";
    return { offset, message: isBrace ? braces(offset, text) : "A comma is missing before this text." };
  }
  if (/map values/.test(message)) {
    return { offset, message: describeBrokenKey(offset, all, text) };
  }
  return /^Comments/.test(message)
    ? { offset, message: "A comment needs a space before its #. Put text that has a # in quotes." }
    : undefined;
}

/** The parser expected a key, but found a string of one or several lines. */
function describeBrokenKey(offset: number, all: readonly YAMLError[], text: string): string {
  if (all.some(({ code, pos }) => code === "BLOCK_IN_FLOW" && pos[0] === offset)) {
    return "A comma is missing after this text.";
  }
  const line = restOfLine(text, offset);
  if (/^["']?[\w.-]+["']?:[^\s:]/.test(line)) {
    return NO_SPACE_AFTER_COLON;
  }
  return /^-\S/.test(line)
    ? NO_SPACE_AFTER_DASH
    : "This line has no colon. After a key there must be a colon and a space, and all keys of one level begin in the same column.";
}

function braces(offset: number, text: string): string {
  const line = lineOf(text, offset);
  const more = text
    .split("\n")
    .flatMap((content, index) => (index + 1 > line && UNQUOTED_BRACES.test(content.slice(0, 500)) ? [index + 1] : []));
  const listed = more.slice(0, MAX_LISTED).join(", ");
  const rest = more.length > MAX_LISTED ? " and more" : "";
  return more.length === 0 ? `${BRACES}.` : `${BRACES}. Quotes are also missing in line ${listed}${rest}.`;
}

/** Looks at the text before an offset, and finds the last opening bracket without a closing bracket. */
function findOpening(text: string, offset: number, open: string, close: string): number {
  let depth = 0;
  for (let index = offset - 1; index >= 0; index -= 1) {
    depth += text[index] === close ? 1 : text[index] === open ? -1 : 0;
    if (depth < 0) {
      return index;
    }
  }
  return offset;
}

function restOfLine(text: string, offset: number): string {
  return text.slice(offset, offset + 500).replace(/\n.*/s, "");
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
