import { createHash } from "node:crypto";
import { posix } from "node:path";
import { fail, type Result, succeed } from "../../core/model/result.ts";
import type { Finding } from "../../policy/language/finding.ts";
import { extendDocument, findParent, writeDocument } from "../../policy/read/extend-document.ts";
import { readDocument, type SourceDocument } from "../../policy/read/read-document.ts";
import { hasVars, resolveVars, usesVars } from "../../policy/read/resolve-vars.ts";
import { compileSource } from "../../policy/read-policy.ts";
import { isPolicyFileName } from "./policy-names.ts";

/** One policy document: a file, merged with the files that it extends. */
interface Lineage {
  readonly source: SourceDocument;
  /**
   * The text of the policy file. If the file extends other files or has variables, this member has the text of the
   * resulting document.
   */
  readonly text: string;
  /** The text of the policy's own file, to which the lines and columns of findings refer. */
  readonly ownText: string;
}

export interface ReadLineage {
  /** The resulting document, or why it could not be read. */
  readonly read: Result<Lineage, readonly Finding[]>;
  /**
   * All files that the reader tried to read, including missing files. The policy's own file comes first. A change in
   * any of these files makes a new version of the policy.
   */
  readonly files: readonly string[];
}

/** Maximum number of files in a chain. A chain is a file, the file that it extends, and so on. */
const MAX_FILES = 5;

export interface LineageReader {
  /** Reads a file by name. A failure says why the file cannot be read. */
  readText(file: string): Promise<Result<string, Finding>>;
  /** Parses a file that another file extends. */
  parseParent(text: string): ReturnType<typeof readDocument>;
}

/**
 * Reads a policy file, and merges the files that it extends. Each extended file must also be a valid policy on its own.
 * So the compiler reports a mistake in the file that contains the mistake.
 */
export async function readLineage(
  file: string,
  reader: LineageReader,
  descendants: readonly string[] = [],
): Promise<ReadLineage> {
  const files = [...descendants, file];
  const own = await reader.readText(file);
  if (!own.ok) {
    return { read: fail([own.failure]), files };
  }
  const parsed = descendants.length === 0 ? readDocument(own.value) : reader.parseParent(own.value);
  if (!parsed.ok) {
    return { read: parsed, files };
  }
  const source = parsed.value;
  const parent = findParent(source.data);
  if (parent === undefined) {
    const text = hasVars(source.data) ? writeResolved(source.data) : own.value;
    return { read: succeed({ source, text, ownText: own.value }), files };
  }
  const refuse = (code: Finding["code"], message: string) =>
    fail(source.locate([{ code, path: ["extends"], message }]));
  if (usesVars(parent)) {
    return { read: refuse("extends_impossible", '"extends" has no variables: write the name of the file.'), files };
  }
  const parentFile = posix.join(posix.dirname(file), parent);
  if (!isPolicyFileName(parentFile)) {
    return {
      read: refuse("extends_impossible", "A policy extends files whose names end in .yaml, .yml or .json."),
      files,
    };
  }
  if (files.includes(parentFile)) {
    return {
      read: refuse("extends_impossible", `${[...files, parentFile].join(" → ")} is a circle.`),
      files,
    };
  }
  if (files.length === MAX_FILES) {
    return {
      read: refuse("extends_impossible", `A chain of files that extend one another has at most ${MAX_FILES} files.`),
      files,
    };
  }
  const ancestry = await readLineage(parentFile, reader, files);
  const base = ancestry.read.ok ? checkAlone(ancestry.read.value) : ancestry.read;
  if (!base.ok) {
    return { read: refuse("extends_refused", describeRefusal(parentFile, base.failure)), files: ancestry.files };
  }
  const data = extendDocument(base.value.source.data, source.data);
  const merged: Lineage = { source: { data, locate: source.locate }, text: writeResolved(data), ownText: own.value };
  return { read: succeed(merged), files: ancestry.files };
}

/**
 * @param data a parsed document. The function does not change it, because a document that extends this document may set
 * other values for the variables.
 */
function writeResolved(data: unknown): string {
  const resolved = structuredClone(data);
  resolveVars(resolved);
  return writeDocument(resolved);
}

/**
 * Hex SHA-256 that identifies a version of a policy. The hash equals `sha256sum` of the policy's file, or of the output of
 * `kong-jwt-policy flatten`.
 */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

const checkedAlone = new WeakMap<SourceDocument, readonly Finding[]>();

function checkAlone(base: Lineage): Result<Lineage, readonly Finding[]> {
  let findings = checkedAlone.get(base.source);
  if (!findings) {
    const load = compileSource(base.source, "");
    findings = load.ok ? [] : load.failure;
    checkedAlone.set(base.source, findings);
  }
  return findings.length > 0 ? fail(findings) : succeed(base);
}

function describeRefusal(file: string, [first]: readonly Finding[]): string {
  return `${file} itself is refused${first ? `, at ${first.line}:${first.column}: ${first.message}` : "."}`;
}
