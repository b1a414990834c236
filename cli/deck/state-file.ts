import { isMap, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { describeYamlError } from "../../plugin/policy/describe-yaml-error.ts";
import { expandAliases } from "./expand-aliases.ts";
import type { PlacedText, StateIssue } from "./state-issue.ts";

/** One decK state file: what it holds, and where each part of it stands. */
export interface StateFile extends PlacedText {
  /** Without aliases and merge keys. Comments and quotes are as in the text. */
  readonly root: YAMLMap;
}

/** Reads YAML or JSON. What decK puts in for `${{ env "DECK_…" }}` is not known here; it stays as it is written. */
export function readStateFile(file: string, text: string): StateFile | { readonly issues: readonly StateIssue[] } {
  const lines = text.split(/\r?\n/);
  const lineCounter = new LineCounter();
  const locate = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  // Without an excerpt, because another file than a decK file may be a secret.
  const fail = (offset: number, code: string, message: string): StateIssue => {
    return { severity: "mistake", file, ...locate(offset), code, message, text: undefined };
  };
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    return { issues: document.errors.map((error) => fail(error.pos[0], "syntax_error", describeYamlError(error))) };
  }
  try {
    const root = expandAliases(document);
    return isMap(root)
      ? { file, lines, root: root as YAMLMap, locate: (node) => locate(node.range?.[0] ?? 0) }
      : { issues: [fail(0, "wrong_type", "A decK file is a map such as `services: […]`.")] };
  } catch (error) {
    return { issues: [fail(0, "syntax_error", `${error instanceof Error ? error.message : "It cannot be read"}.`)] };
  }
}
