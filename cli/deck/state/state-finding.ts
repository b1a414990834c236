import type { Node } from "yaml";
import type { Finding, FindingCode, Severity } from "../../../plugin/policy/language/finding.ts";

/** A text of a state file, and a function that finds the position of a node. */
export interface PlacedText {
  readonly file: string;
  readonly lines: readonly string[];
  /** Finds the line and the column at which a node begins, counted from 1. */
  locate(node: Node): { readonly line: number; readonly column: number };
}

/**
 * Creates a finding at a node of a state file. A finding with severity `error` makes `render` fail. A finding with severity
 * `warning` makes `render` fail only with `--strict`.
 */
export function findingAt(
  source: PlacedText,
  node: Node,
  severity: Severity,
  code: FindingCode,
  message: string,
): Finding {
  const place = source.locate(node);
  const excerpt = source.lines[place.line - 1];
  return { severity, file: source.file, ...place, code, message, ...(excerpt !== undefined && { excerpt }) };
}
