import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import { type DocumentPath, type Finding, wholeDocument } from "../language/finding.ts";
import { beginsWithMark, hasMark, NOT_A_POLICY } from "../language/policy-mark.ts";
import { describeYamlErrors } from "../yaml/describe-yaml-error.ts";
import { findInexactNumbers } from "../yaml/find-inexact-numbers.ts";
import { findMergeKeys, NO_MERGE_KEYS } from "../yaml/find-merge-keys.ts";
import { parseYaml, type YamlMistake } from "../yaml/parse-yaml.ts";
import { readPlainYaml } from "../yaml/read-plain-yaml.ts";

/**
 * The largest accepted policy document, in UTF-16 units. Such a document can have several thousand rules. Reading
 * blocks the process, so reading a document must be quick.
 */
const MAX_DOCUMENT_LENGTH = 256 * 1024;
/** Only a number with many digits, a fraction or an exponent can be inexact. Most documents have no such number. */
const MAY_BE_ROUNDED = /[0-9a-f]{13}|\.\d|\d[eE]/i;
/** The maximum number of findings in one report. */
const MAX_FINDINGS = 50;
/** Aliases can make a small document grow exponentially, and policies need few of them. */
const MAX_ALIASES = 100;
/**
 * The largest number of values after all aliases are resolved. A document without aliases never reaches this limit,
 * because each value takes at least two characters of the text.
 */
const MAX_VALUES = MAX_DOCUMENT_LENGTH;

/** A document as plain data. The document can locate each part of the data in the text. */
export interface SourceDocument {
  readonly data: unknown;
  /** Adds line and column to the findings, and sorts them by position. */
  locate(findings: readonly Finding[]): readonly Finding[];
}

/** The reason why a text cannot be read as plain data. */
interface UnreadText {
  readonly findings: readonly Finding[];
  /** Whether the text was parsed, and has the mark of a policy. */
  readonly isMarked: boolean;
}

/**
 * Reads a policy document. Messages never quote a document that is not a policy, because a configuration can name any
 * file, and messages reach logs.
 */
export function readDocument(text: string): Result<SourceDocument, readonly Finding[]> {
  const source = readYaml(text);
  if (source.ok) {
    return hasMark(source.value.data) ? source : fail([wholeDocument("not_a_policy", NOT_A_POLICY)]);
  }
  const { findings, isMarked } = source.failure;
  if (isMarked || beginsWithMark(text)) {
    return fail(findings);
  }
  const message = `${NOT_A_POLICY} The document is not valid YAML either.`;
  const [first] = findings.map(({ line, column }) => ({ line, column }));
  return fail([{ ...wholeDocument("not_a_policy", message), ...first }]);
}

/**
 * Reads YAML 1.2 or JSON (all JSON is YAML), and never executes any part of the text. Unknown tags, duplicate keys and
 * more than one document are mistakes.
 */
export function readYaml(text: string): Result<SourceDocument, UnreadText> {
  if (text.length > MAX_DOCUMENT_LENGTH) {
    const message = `The document has ${text.length} characters; at most ${MAX_DOCUMENT_LENGTH} are read.`;
    return fail({ findings: [wholeDocument("document_too_large", message)], isMarked: false });
  }
  const plain = readPlainYaml(text);
  return plain ? succeed({ data: plain, locate: createLocator(text) }) : readExactYaml(text);
}

/**
 * Most plain texts have no findings. So the exact parser reads a plain text only when there are findings, to locate
 * them in the text. The exact parser reads each text only once.
 */
function createLocator(text: string): SourceDocument["locate"] {
  let exact: ReturnType<typeof readExactYaml> | undefined;
  return (findings) => {
    if (findings.length === 0) {
      return findings;
    }
    exact ??= readExactYaml(text);
    return exact.ok ? exact.value.locate(findings) : exact.failure.findings;
  };
}

/**
 * Reads YAML with the exact parser, which knows the place of each part. Texts that are not plain always need this
 * parser.
 */
export function readExactYaml(text: string): Result<SourceDocument, UnreadText> {
  const lineCounter = countLines(text);
  const parsed = parseYaml(text);
  if (!parsed.ok) {
    return fail({ findings: [toFinding(parsed.failure, lineCounter)], isMarked: false });
  }
  const document = parsed.value;
  const isMarked = isMap(document.contents) && hasMark(listKeys(document.contents));
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return fail({
      isMarked,
      findings: describeYamlErrors(problems, text)
        .slice(0, MAX_FINDINGS)
        .map((mistake) => toFinding(mistake, lineCounter)),
    });
  }
  const findings = [
    ...findOtherVersion(document),
    ...findDuplicateKeys(document, lineCounter),
    ...(text.includes("<<") ? findMerges(document, lineCounter) : []),
    ...(text.includes("*") ? findDanglingAliases(document, lineCounter) : []),
    ...(MAY_BE_ROUNDED.test(text) ? findRoundedNumbers(document, lineCounter) : []),
  ];
  if (findings.length > 0) {
    return fail({ isMarked, findings: findings.slice(0, MAX_FINDINGS) });
  }
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    if (countDown(data, MAX_VALUES) < 0) {
      const message = `The document has more than ${MAX_VALUES} values once its aliases are resolved; use fewer aliases.`;
      return fail({ isMarked, findings: [wholeDocument("document_too_large", message)] });
    }
    return succeed({ data, locate: (unplaced) => locateFindings(unplaced, document, lineCounter) });
  } catch {
    const message = "The document has aliases that do not resolve, or too many of them.";
    return fail({ isMarked, findings: [wholeDocument("syntax_error", message)] });
  }
}

/**
 * Subtracts one from `from` for each value in the data, including the data itself. Stops when the result is below 0.
 */
function countDown(data: unknown, from: number): number {
  let left = from - 1;
  const inner = typeof data === "object" && data !== null ? Object.values(data) : [];
  for (const value of inner) {
    if (left < 0) {
      return left;
    }
    left = countDown(value, left);
  }
  return left;
}

/** The scalar keys of a map. */
function listKeys({ items }: YAMLMap): Readonly<Record<string, true>> {
  return Object.fromEntries(items.flatMap(({ key }) => (isScalar(key) ? [[String(key.value), true]] : [])));
}

/** Counts lines in the text itself, because the parser does not report every line break after a syntax error. */
function countLines(text: string): LineCounter {
  const lineCounter = new LineCounter();
  lineCounter.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) {
    lineCounter.addNewLine(index + 1);
  }
  return lineCounter;
}

/**
 * YAML 1.1 has other scalars and tags than YAML 1.2. The same text must not get another meaning because of a directive.
 */
function findOtherVersion({ directives }: Document): Finding[] {
  const version = directives?.yaml.version;
  const message = `The document asks for YAML ${version}; only YAML 1.2 is read.`;
  return version === "1.2" ? [] : [{ code: "syntax_error", message, pointer: "", line: 1, column: 1 }];
}

function findDuplicateKeys(document: Document, lineCounter: LineCounter): Finding[] {
  const findings: Finding[] = [];
  for (const map of listMaps(document.contents)) {
    const firstKeys = new Map<unknown, Scalar>();
    for (const { key } of map.items) {
      if (!isScalar(key)) {
        continue;
      }
      const first = firstKeys.get(key.value);
      if (first === undefined) {
        firstKeys.set(key.value, key);
        continue;
      }
      const message = `This key is already in line ${placeOf(first, lineCounter).line}; keep only one of the two keys.`;
      findings.push({ code: "duplicate_key", message, pointer: "", ...placeOf(key, lineCounter) });
    }
  }
  return findings;
}

/**
 * All maps, in the order of the text. The function does not use `visit` of the YAML library, because `visit` keeps the
 * path of each node and takes several times as long.
 */
function listMaps(node: unknown, maps: YAMLMap[] = []): readonly YAMLMap[] {
  if (isMap(node)) {
    maps.push(node);
    for (const { key, value } of node.items) {
      listMaps(key, maps);
      listMaps(value, maps);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) {
      listMaps(item, maps);
    }
  }
  return maps;
}

function findMerges(document: Document, lineCounter: LineCounter): Finding[] {
  return findMergeKeys(document).map((key) => ({
    code: "unknown_key",
    message: NO_MERGE_KEYS,
    pointer: "",
    ...placeOf(key, lineCounter),
  }));
}

/** The search stops at the limit of aliases, because the parser searches the whole document for each alias. */
function findDanglingAliases(document: Document, lineCounter: LineCounter): Finding[] {
  const findings: Finding[] = [];
  let aliases = 0;
  visit(document, {
    Alias(_key, alias) {
      aliases += 1;
      if (aliases > MAX_ALIASES) {
        const message = `The document has more than ${MAX_ALIASES} aliases.`;
        findings.push({ code: "document_too_large", message, pointer: "", ...placeOf(alias, lineCounter) });
        return visit.BREAK;
      }
      if (!alias.resolve(document)) {
        const message = "There is no anchor of this name before this alias; put text that begins with * in quotes.";
        findings.push({ code: "syntax_error", message, pointer: "", ...placeOf(alias, lineCounter) });
      }
      return undefined;
    },
  });
  return findings;
}

/** If a number were rounded, a condition would compare claims with a value that the author did not write. */
function findRoundedNumbers(document: Document, lineCounter: LineCounter): Finding[] {
  const message =
    "This number has more digits than can be compared exactly: write it as a quoted string, and let the issuer write the claim as a string.";
  return findInexactNumbers(document).map((node) => ({
    code: "number_inexact",
    message,
    pointer: "",
    ...placeOf(node, lineCounter),
  }));
}

function placeOf(node: Node, lineCounter: LineCounter): { line: number; column: number } {
  return placeAt(node.range?.[0] ?? 0, lineCounter);
}

function placeAt(offset: number, lineCounter: LineCounter): { line: number; column: number } {
  const { line, col } = lineCounter.linePos(offset);
  return { line, column: col };
}

function toFinding({ offset, message }: YamlMistake, lineCounter: LineCounter): Finding {
  return { code: "syntax_error", message, pointer: "", ...placeAt(offset, lineCounter) };
}

function locateFindings(
  findings: readonly Finding[],
  document: Document,
  lineCounter: LineCounter,
): readonly Finding[] {
  return findings
    .slice(0, MAX_FINDINGS)
    .map(({ path = [], atKey, hidesKey, ...kept }) => {
      const place = placeAt(findOffset(document, path, atKey === true), lineCounter);
      const pointer = toPointer(hidesKey ? path.slice(0, -1) : path);
      return { ...kept, pointer, ...place };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/**
 * Returns the offset of the value at `path`, or of its key. If the value is not in the text, returns the offset of the
 * nearest parent of the value.
 */
function findOffset(document: Document, path: DocumentPath, atKey: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const offset = offsetAt(document, path.slice(0, length), atKey || length < path.length);
    if (offset !== undefined) {
      return offset;
    }
  }
  return 0;
}

function offsetAt(document: Document, path: DocumentPath, atKey: boolean): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const last = path.at(-1);
  const pair = isMap(parent) ? parent.items.find(({ key }) => (isScalar(key) ? key.value : key) === last) : undefined;
  const node = pair && (atKey || pair.value === null) ? pair.key : document.getIn(path, true);
  return isScalar(node) || isCollection(node) ? node.range?.[0] : undefined;
}

/** Writes a path as a JSON Pointer (RFC 6901). */
function toPointer(path: DocumentPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
