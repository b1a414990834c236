import {
  type Document,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import type { DocumentPath, Finding, PolicyIssue, PolicyIssueCode } from "./issue.ts";

/** Largest policy document, in UTF-16 units. */
const MAX_DOCUMENT_LENGTH = 1024 * 1024;
/** Aliases can make a small document explode; policies need few. */
const MAX_ALIASES = 100;

/** Words for mistakes that the parser explains to programmers. */
const SYNTAX_MESSAGES: Readonly<Partial<Record<YAMLError["code"], string>>> = {
  DUPLICATE_KEY: "This key stands here twice; keep one.",
  MULTIPLE_DOCS: "A second document starts here; a file holds one policy.",
};

/** A document as plain data, and the means to say where in the text each part of it stands. */
export interface SourceDocument {
  readonly data: unknown;
  /** Gives findings their places, in the order of the text. */
  locate(findings: readonly Finding[]): PolicyIssue[];
}

/**
 * Reads YAML 1.2 or JSON (which is YAML). Nothing is executed: unknown tags, duplicate keys and more than one document are
 * mistakes.
 */
export function readDocument(text: string): SourceDocument | { readonly issues: readonly PolicyIssue[] } {
  if (text.length > MAX_DOCUMENT_LENGTH) {
    const message = `The document has ${text.length} characters; at most ${MAX_DOCUMENT_LENGTH} are read.`;
    return { issues: [{ code: "document_too_large", message, pointer: "", line: 1, column: 1 }] };
  }
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true, stringKeys: true });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return { issues: problems.map((problem) => toIssue(problem, lineCounter)) };
  }
  const dangling = findDanglingAliases(document, lineCounter);
  if (dangling.length > 0) {
    return { issues: dangling };
  }
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return { data, locate: (findings) => locateFindings(findings, document, lineCounter) };
  } catch (error) {
    const message = `${error instanceof Error ? error.message : "The document can not be read"}.`;
    return { issues: [{ code: "syntax_error", message, pointer: "", line: 1, column: 1 }] };
  }
}

/** Looks at no more aliases than may be: each look goes through the document. */
function findDanglingAliases(document: Document, lineCounter: LineCounter): PolicyIssue[] {
  const issues: PolicyIssue[] = [];
  let aliases = 0;
  visit(document, {
    Alias(_key, alias) {
      aliases += 1;
      if (aliases > MAX_ALIASES) {
        const message = `The document has more than ${MAX_ALIASES} aliases.`;
        issues.push({ code: "document_too_large", message, pointer: "", ...placeOf(alias, lineCounter) });
        return visit.BREAK;
      }
      if (!alias.resolve(document)) {
        const message = `No anchor "&${alias.source}" stands before this alias.`;
        issues.push({ code: "syntax_error", message, pointer: "", ...placeOf(alias, lineCounter) });
      }
      return undefined;
    },
  });
  return issues;
}

function placeOf(node: Node, lineCounter: LineCounter): { line: number; column: number } {
  const { line, col } = lineCounter.linePos(node.range?.[0] ?? 0);
  return { line, column: col };
}

function toIssue(problem: YAMLError, lineCounter: LineCounter): PolicyIssue {
  const { line, col } = lineCounter.linePos(problem.pos[0]);
  const code: PolicyIssueCode = problem.code === "DUPLICATE_KEY" ? "duplicate_key" : "syntax_error";
  const message = SYNTAX_MESSAGES[problem.code] ?? `${problem.message}.`;
  return { code, message, pointer: "", line, column: col };
}

function locateFindings(findings: readonly Finding[], document: Document, lineCounter: LineCounter): PolicyIssue[] {
  return findings
    .map(({ code, message, path, atKey }) => {
      const { line, col } = lineCounter.linePos(findOffset(document, path, atKey === true));
      return { code, message, pointer: toPointer(path), line, column: col };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** Offset of the value at `path`, or of its key; of the nearest parent that is in the text when the value is not. */
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

/** RFC 6901. */
function toPointer(path: DocumentPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
