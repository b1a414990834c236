import {
  COLLECTION_STYLE_BLOCK,
  EVENT_DOCUMENT,
  EVENT_MAPPING,
  EVENT_POP,
  EVENT_SCALAR,
  EVENT_SEQUENCE,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE_PLAIN,
  type ScalarEvent,
} from "js-yaml";

/** Deepest nesting of a plain document. Policies need about ten levels. */
const MAX_DEPTH = 40;
/** Line ends, spaces, and the visible characters of most alphabets. Tabs and carriage returns are not plain. */
const PLAIN_TEXT = /^[\n\x20-\x7e\u00a1-\u1fff]*$/;
/** Matches a line that begins with a directive or with a mark between documents. Also matches a line of only spaces. */
const SPECIAL_LINE = /^ *(?:%|---|\.\.\.)|^ +$/m;
const FIRST_LINE = "---\n";
const INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
/** YAML 1.2, core schema: each spelling of a number. */
const NUMBER =
  /^(?:[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?|0o[0-7]+|0x[\da-fA-F]+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
/** In block style, a line has only indentation and dashes before its key or element. */
const BEFORE_BLOCK = /^[ -]*$/;
const NO_RANGE = -1;

/** The text is not plain. */
class NotPlain extends Error {}

/**
 * Reads plain YAML 1.2, with a parser that is about five times as fast as the parser of parse-yaml.ts. A document is
 * plain if it is one map without the following: anchors, aliases, tags, directives, duplicate keys, `__proto__`,
 * unusual characters, unusual numbers.
 *
 * @returns `undefined` if the text is not plain or has a mistake. The exact parser then reads the text, and finds the place of
 * each mistake. Both parsers read the same data from each plain text (test/property/plain-yaml.test.ts).
 */
export function readPlainYaml(text: string): Readonly<Record<string, unknown>> | undefined {
  const body = text.startsWith(FIRST_LINE) ? text.slice(FIRST_LINE.length) : text;
  if (!PLAIN_TEXT.test(body) || SPECIAL_LINE.test(body)) {
    return undefined;
  }
  try {
    return buildDocument(body, parseEvents(body, { maxDepth: MAX_DEPTH }));
  } catch {
    return undefined; // If this parser finds a mistake, the exact parser reports the mistake too.
  }
}

function buildDocument(text: string, events: readonly Event[]): Readonly<Record<string, unknown>> {
  const [document, root] = events;
  let next = 1;

  function take(): Event {
    const event = events[next++];
    if (!event || event.type === EVENT_DOCUMENT) {
      throw new NotPlain();
    }
    return event;
  }

  function isAtEnd(): boolean {
    return events[next]?.type === EVENT_POP;
  }

  /**
   * In some cases, js-yaml accepts a key that follows a quoted text in the same line. YAML does not allow such a key.
   */
  function checkStart(isBlock: boolean): void {
    const start = isBlock ? startOf(events[next]) : NO_RANGE;
    if (start !== NO_RANGE && !BEFORE_BLOCK.test(text.slice(text.lastIndexOf("\n", start - 1) + 1, start))) {
      throw new NotPlain();
    }
  }

  function buildValue(): unknown {
    const event = take();
    switch (event.type) {
      case EVENT_SCALAR:
        return readScalar(text, checkPlain(event));
      case EVENT_SEQUENCE:
        return buildList(checkPlain(event).style === COLLECTION_STYLE_BLOCK);
      case EVENT_MAPPING:
        return buildMap(checkPlain(event).style === COLLECTION_STYLE_BLOCK);
      default:
        throw new NotPlain();
    }
  }

  function buildList(isBlock: boolean): unknown[] {
    const list: unknown[] = [];
    while (!isAtEnd()) {
      checkStart(isBlock);
      list.push(buildValue());
    }
    next += 1;
    return list;
  }

  function buildMap(isBlock: boolean): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    while (!isAtEnd()) {
      checkStart(isBlock);
      const event = take();
      const key = event.type === EVENT_SCALAR ? getScalarValue(text, checkPlain(event)) : "__proto__";
      if (key === "" || key === "__proto__" || key === "<<" || Object.hasOwn(map, key)) {
        throw new NotPlain();
      }
      map[key] = buildValue();
    }
    next += 1;
    return map;
  }

  if (document?.type !== EVENT_DOCUMENT || root?.type !== EVENT_MAPPING) {
    throw new NotPlain();
  }
  const data = buildValue() as Record<string, unknown>;
  if (!isAtEnd() || next + 1 !== events.length) {
    throw new NotPlain(); // A second document.
  }
  return data;
}

/** The offset in the text at which a key or an element starts, or -1 if the key or element is empty. */
function startOf(event: Event | undefined): number {
  switch (event?.type) {
    case EVENT_SCALAR:
      if (event.indent !== -1) {
        throw new NotPlain(); // This is a text with `|` or `>`. The parser does not report where that sign is.
      }
      return event.valueStart === NO_RANGE || event.style === SCALAR_STYLE_PLAIN
        ? event.valueStart
        : event.valueStart - 1;
    case EVENT_SEQUENCE:
    case EVENT_MAPPING:
      return event.start;
    default:
      return NO_RANGE;
  }
}

function checkPlain<E extends { readonly anchorStart: number; readonly tagStart: number }>(event: E): E {
  if (event.anchorStart !== NO_RANGE || event.tagStart !== NO_RANGE) {
    throw new NotPlain();
  }
  return event;
}

/** YAML 1.2.2, section 10.3.2: the core schema. */
function readScalar(text: string, event: ScalarEvent): unknown {
  const value = getScalarValue(text, event);
  if (event.style !== SCALAR_STYLE_PLAIN) {
    return value;
  }
  switch (value) {
    case "":
    case "~":
    case "null":
    case "Null":
    case "NULL":
      return null;
    case "true":
    case "True":
    case "TRUE":
      return true;
    case "false":
    case "False":
    case "FALSE":
      return false;
  }
  if (INTEGER.test(value)) {
    return Number(value);
  }
  if (NUMBER.test(value)) {
    throw new NotPlain(); // A large or fractional number can be inexact. Only the exact parser finds inexact numbers.
  }
  return value;
}
