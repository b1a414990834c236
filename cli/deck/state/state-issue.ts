import type { Node } from "yaml";
import type { Severity } from "../../../plugin/policy/language/issue.ts";

/** A mistake stops the rendering. A warning does so only if the user asks for it. */
export interface StateIssue {
  readonly severity: Severity;
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  readonly code: string;
  readonly message: string;
  /** The line that contains it. */
  readonly text: string | undefined;
}

/** A text in which nodes can be located. */
export interface PlacedText {
  readonly file: string;
  readonly lines: readonly string[];
  /** Where a node begins, counted from 1. */
  locate(node: Node): { readonly line: number; readonly column: number };
}

/** Creates an issue at a node of a state file. */
export function issueAt(
  source: PlacedText,
  node: Node,
  severity: StateIssue["severity"],
  code: string,
  message: string,
): StateIssue {
  const place = source.locate(node);
  return { severity, file: source.file, ...place, code, message, text: source.lines[place.line - 1] };
}
