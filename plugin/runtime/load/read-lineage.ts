import { createHash } from "node:crypto";
import { posix } from "node:path";
import type { PolicyIssue } from "../../policy/language/issue.ts";
import { extendDocument, findParent, writeDocument } from "../../policy/read/extend-document.ts";
import { readDocument, type SourceDocument } from "../../policy/read/read-document.ts";
import { compileSource } from "../../policy/read-policy.ts";
import { isPolicyFileName } from "./policy-names.ts";

/** One policy document, merged from a file and the files that it extends. */
interface Lineage {
  readonly source: SourceDocument;
  /** The file's text. If it extends another file, the merged document. */
  readonly text: string;
}

export interface ReadLineage {
  /** The document, or why it could not be read. */
  readonly read: Lineage | { readonly issues: readonly PolicyIssue[] };
  /** All files that were tried, found or not, starting with the file itself. A change in any of them makes another version. */
  readonly files: readonly string[];
}

/** Maximum length of the chain: a file, the file that it extends, and so on. */
const MAX_FILES = 5;

export interface LineageReader {
  /** Reads a file by name, or says why it cannot be read. */
  readText(file: string): Promise<string | PolicyIssue>;
  /** Parses a file that another one extends. */
  parseParent(text: string): ReturnType<typeof readDocument>;
}

/**
 * Reads a policy file, and merges the files that it extends. Each of those must be a valid policy alone, so that a mistake is
 * reported in the file that contains it.
 */
export async function readLineage(
  file: string,
  reader: LineageReader,
  descendants: readonly string[] = [],
): Promise<ReadLineage> {
  const files = [...descendants, file];
  const own = await reader.readText(file);
  if (typeof own !== "string") {
    return { read: { issues: [own] }, files };
  }
  const source = descendants.length === 0 ? readDocument(own) : reader.parseParent(own);
  const parent = "issues" in source ? undefined : findParent(source.data);
  if ("issues" in source) {
    return { read: source, files };
  }
  if (parent === undefined) {
    return { read: { source, text: own }, files };
  }
  const refuse = (code: PolicyIssue["code"], message: string) => ({
    issues: source.locate([{ code, path: ["extends"], message }]),
  });
  const parentFile = posix.join(posix.dirname(file), parent);
  if (!isPolicyFileName(parentFile)) {
    return {
      read: refuse("extends_impossible", "A policy extends files whose names end in .yaml, .yml or .json."),
      files,
    };
  }
  if (files.includes(parentFile)) {
    return {
      read: refuse("extends_impossible", `${[...files, parentFile].join(" → ")} goes round in a circle.`),
      files,
    };
  }
  if (files.length === MAX_FILES) {
    return { read: refuse("extends_impossible", `At most ${MAX_FILES} files extend one another.`), files };
  }
  const ancestry = await readLineage(parentFile, reader, files);
  const base = "issues" in ancestry.read ? ancestry.read : checkAlone(ancestry.read);
  if ("issues" in base) {
    return { read: refuse("extends_refused", describeRefusal(parentFile, base.issues)), files: ancestry.files };
  }
  const data = extendDocument(base.source.data, source.data);
  return { read: { source: { data, locate: source.locate }, text: writeDocument(data) }, files: ancestry.files };
}

/** Hex SHA-256 that identifies a version of a policy. It equals `sha256sum` of its file, or of the output of `kong-jwt-policy flatten`. */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const checkedAlone = new WeakMap<SourceDocument, readonly PolicyIssue[]>();

function checkAlone(base: Lineage): Lineage | { readonly issues: readonly PolicyIssue[] } {
  let issues = checkedAlone.get(base.source);
  if (!issues) {
    const load = compileSource(base.source, "");
    issues = "issues" in load ? load.issues : [];
    checkedAlone.set(base.source, issues);
  }
  return issues.length > 0 ? { issues } : base;
}

function describeRefusal(file: string, [first]: readonly PolicyIssue[]): string {
  return `${file} is refused itself${first ? `, at ${first.line}:${first.column}: ${first.message}` : "."}`;
}
