import { isMap, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { describeYamlError } from "../../../plugin/policy/read/describe-yaml-error.ts";
import { expandAliases } from "./expand-aliases.ts";
import type { PlacedText, StateIssue } from "./state-issue.ts";

/** One decK state file: its content, and the place of each part. */
export interface StateFile extends PlacedText {
  /** Aliases and merge keys are expanded. Comments and quotes are as in the text. */
  readonly root: YAMLMap;
}

/** Reads YAML or JSON. A decK template such as `${{ env "DECK_…" }}` stays as written, because its value is unknown here. */
export function readStateFile(file: string, text: string): StateFile | { readonly issues: readonly StateIssue[] } {
  const lines = text.split(/\r?\n/);
  const lineCounter = new LineCounter();
  const locate = (offset: number): { line: number; column: number } => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  // No excerpt: if this is not a decK file, its text may be secret.
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
